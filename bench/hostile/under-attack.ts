import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from '../support/child.js';
import type { HonestAnswers, HonestLoad } from './honest-client.js';
import type { HostileAnswers, HostileLoad, HostilePlan } from './hostile-client.js';

/** Latency of each request (ms); null for an error. */
type Times = readonly (number | null)[];

export interface HonestTimes {
  readonly requests: Times;
  readonly health: Times;
  readonly errors: readonly string[];
}

export interface UnderAttack {
  readonly alone: HonestTimes;
  readonly beside: HonestTimes;
  readonly outcomes: HostileAnswers['outcomes'];
  /** Resident set of the gateway before the attack (MiB). */
  readonly rssBefore: number;
  /** Largest resident set of the gateway during the attack (MiB). */
  readonly rssMost: number;
}

export interface AttackOptions {
  readonly gatewayUrl: string;
  readonly pid: number;
  readonly photos: readonly Buffer[];
  readonly perSecond: number;
  /** Time during which only honest requests are sent (s). */
  readonly aloneSeconds: number;
  readonly plan: HostilePlan;
  readonly load: HostileLoad;
}

/** Length of a round of honest requests; after each round the bench checks whether the attack has ended. */
const secondsPerRound = 5;
const warmUps = 12;

/** Sends honest requests alone, and then beside hostile requests until the last of those has ended. */
export async function honestUnderAttack({
  gatewayUrl,
  pid,
  photos,
  perSecond,
  aloneSeconds,
  plan,
  load,
}: AttackOptions): Promise<UnderAttack> {
  const honest = startChild('hostile/honest-client', [gatewayUrl]);
  const hostile = startChild('hostile/hostile-client', [gatewayUrl]);
  const send = (requests: number) => honest.ask<HonestAnswers>({ requests, perSecond } satisfies HonestLoad);
  try {
    await Promise.all([honest.ask({ photos }), hostile.ask(plan)]);
    await send(warmUps);
    const alone = await send(aloneSeconds * perSecond);
    const rssBefore = residentMiB(pid);
    const watch = watchResident(pid);
    let ended = false;
    const attack = hostile.ask<HostileAnswers>(load).finally(() => (ended = true));
    const rounds: HonestAnswers[] = [];
    while (!ended) rounds.push(await send(secondsPerRound * perSecond));
    const { outcomes } = await attack;
    const rssMost = await watch.stop();
    const all = <T>(of: (answers: HonestAnswers) => readonly T[]) => rounds.flatMap(of);
    return {
      alone,
      beside: {
        requests: all((each) => each.requests),
        health: all((each) => each.health),
        errors: all((each) => each.errors),
      },
      outcomes,
      rssBefore,
      rssMost,
    };
  } finally {
    honest.close();
    hostile.close();
  }
}

/** Returns the resident set of a process (MiB); Linux only. */
export function residentMiB(pid: number): number {
  const [, kib = 'NaN'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1_024;
}

function watchResident(pid: number): { stop(): Promise<number> } {
  let most = 0;
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      most = Math.max(most, residentMiB(pid));
      await delay(50);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      return most;
    },
  };
}
