import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild, type Child } from '../support/child.js';
import { percentile } from '../support/statistics.js';
import { stolenShare, type Stolen } from '../support/stolen.js';
import type { SyncAnswers, SyncLoad } from './sync-client.js';

/** Percentiles (ms). */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

export interface SyncLatency extends Latency {
  readonly requests: number;
  readonly failed: number;
  /** Latency of each request that did not fail (ms), in the order of sending. */
  readonly latencies: readonly number[];
  readonly stolen: Stolen;
}

export interface SyncOptions {
  readonly gatewayUrl: string;
  readonly pipeline: string;
  readonly photos: readonly Buffer[];
}

/** Photos sent before the measured ones, to open connections and to compile code. */
const warmUps = 10;

export interface SyncClient {
  /** POSTs photos to the gateway at a fixed rate, whether or not earlier ones are answered. */
  measure(load: { readonly requests: number; readonly perSecond: number }): Promise<SyncLatency>;
  /**
   * Measures the same photo bare and through the gateway, in turn, `perSecond` pairs per second. Both ways see the same
   * machine, whose speed changes from one minute to the next.
   *
   * @param load `environment`: variables with which the bare program finds the models
   */
  measurePairs(load: PairLoad): Promise<{ readonly bare: Latency; readonly sync: SyncLatency }>;
}

interface PairLoad {
  readonly requests: number;
  readonly perSecond: number;
  readonly environment: NodeJS.ProcessEnv;
}

/** Runs `use` with a client that has its own process and is warmed up. */
export async function withSyncClient<T>(
  { gatewayUrl, pipeline, photos }: SyncOptions,
  use: (client: SyncClient) => Promise<T>,
): Promise<T> {
  const child = startChild('sync/sync-client', [gatewayUrl, pipeline]);
  try {
    await child.ask({ photos: [...new Set(photos)] });
    await send(child, { first: 0, count: warmUps, perSecond: 2 });
    return await use({
      async measure({ requests, perSecond }) {
        const stolen = stolenShare();
        return summary((await send(child, { first: 0, count: requests, perSecond })).latencies, stolen());
      },
      measurePairs: (load) => inTurn(child, pipeline, photos, load),
    });
  } finally {
    child.close();
  }
}

const send = (child: Child, load: SyncLoad) => child.ask<SyncAnswers>(load);

async function inTurn(
  client: Child,
  pipeline: string,
  photos: readonly Buffer[],
  { requests, perSecond, environment }: PairLoad,
) {
  const program = startChild('bare/bare-single', [pipeline, String(availableParallelism())], environment);
  const stolen = stolenShare();
  try {
    const bare: number[] = [];
    const sync: (number | null)[] = [];
    for (let index = -warmUps; index < requests; index += 1) {
      const next = delay(1_000 / perSecond);
      const first = index + warmUps;
      const { ms } = await program.ask<{ readonly ms: number }>(photos[first % photos.length] as Buffer);
      await delay(500 / perSecond);
      const { latencies } = await send(client, { first, count: 1, perSecond });
      await next;
      if (index < 0) continue;
      bare.push(ms);
      sync.push(...latencies);
    }
    return { bare: { p50: percentile(bare, 0.5), p99: percentile(bare, 0.99) }, sync: summary(sync, stolen()) };
  } finally {
    program.close();
  }
}

/** Merges several measurements into one. */
export function together(parts: readonly SyncLatency[]): SyncLatency {
  const failed = parts.reduce((sum, part) => sum + part.failed, 0);
  const answered = parts.flatMap(({ latencies }) => latencies);
  const total = (of: (stolen: Stolen) => number) => parts.reduce((sum, { stolen }) => sum + of(stolen), 0);
  return summary([...answered, ...Array.from({ length: failed }, () => null)], {
    ticks: total(({ ticks }) => ticks),
    of: total(({ of }) => of),
  });
}

function summary(answers: readonly (number | null)[], stolen: Stolen): SyncLatency {
  const latencies = answers.filter((ms) => ms !== null);
  const failed = answers.length - latencies.length;
  return {
    requests: answers.length,
    failed,
    latencies,
    stolen,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}
