import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from '../support/child.js';
import type { HonestAnswers, HonestLoad } from './honest-client.js';
import type { HostileAnswers, HostileLoad, HostilePlan } from './hostile-client.js';

/** Milliseconds of answers; null stands for an error. */
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
  /** Resident set of the gateway (MiB), here and below. */
  readonly rssBefore: number;
  readonly rssMost: number;
}

export interface AttackOptions {
  readonly gatewayUrl: string;
  readonly pid: number;
  readonly photos: readonly Buffer[];
  readonly perSecond: number;
  /** Seconds of honest requests alone. */
  readonly aloneSeconds: number;
  readonly plan: HostilePlan;
  readonly load: HostileLoad;
}

/** Requests that are sent before it is asked whether the attack has ended. */
const secondsPerRound = 5;
const warmUps = 12;

/** Honest requests alone, and then beside hostile ones until the last of these has ended. */
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

/** Resident set of a process, MiB (Linux). */
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
