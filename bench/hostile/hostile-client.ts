/**
 * A client that means harm. Forked, so that what it computes takes no time of those who measure.
 *
 *   fork('dist/bench/hostile/hostile-client.js', [gatewayUrl], { serialization: 'advanced' })
 *
 * Takes `{ count, seed }` and says `{ ready: true }` once the requests are made. Then answers each `{ atOnce,
 * perSecond, holdMs }` with `{ outcomes }`: all requests were sent, each held open for so long at most.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { hostileRequests, sendHostile, type HostileOutcome, type HostileRequest } from './hostile-requests.js';

export interface HostilePlan {
  readonly count: number;
  readonly seed: number;
}
export interface HostileLoad {
  /** Requests at the same time. */
  readonly atOnce: number;
  /** Requests that begin in a second at most. */
  readonly perSecond: number;
  readonly holdMs: number;
}
export interface HostileAnswers {
  /** Name of the kind and how it ended, in the order of sending. */
  readonly outcomes: readonly (readonly [name: string, outcome: HostileOutcome])[];
}

const { port } = new URL(process.argv[2] ?? '');
let requests: readonly HostileRequest[] = [];

async function send({ atOnce, perSecond, holdMs }: HostileLoad): Promise<HostileAnswers> {
  const outcomes: [string, HostileOutcome][] = [];
  const begun = performance.now();
  const left = [...requests.entries()];
  const sendNext = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [at, request] = next;
      await delay(Math.max(0, begun + (at * 1_000) / perSecond - performance.now()));
      outcomes[at] = [request.name, await sendHostile(Number(port), request, holdMs)];
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sendNext));
  return { outcomes };
}

process.on('message', (message: HostilePlan | HostileLoad) => {
  if ('seed' in message) {
    requests = hostileRequests(message.count, message.seed);
    process.send?.({ ready: true });
    return;
  }
  void send(message).then((answers) => process.send?.(answers));
});
