/**
 * A hostile client of the gateway. The benchmark forks this program, so that its work does not delay the measurements.
 *
 *   fork('dist/bench/hostile/hostile-client.js', [gatewayUrl], { serialization: 'advanced' })
 *
 * The first message is `{ count, seed }`; the answer is `{ ready: true }` once the requests are generated. Each later
 * message is `{ atOnce, perSecond, holdMs }`; the answer is `{ outcomes }` once all requests were sent and have ended.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { hostileRequests, sendHostile, type HostileOutcome, type HostileRequest } from './hostile-requests.js';

export interface HostilePlan {
  readonly count: number;
  readonly seed: number;
}
export interface HostileLoad {
  /** Requests in flight at the same time. */
  readonly atOnce: number;
  /** Upper bound of requests that start per second. */
  readonly perSecond: number;
  /** Upper bound of the time that a connection stays open. */
  readonly holdMs: number;
}
export interface HostileAnswers {
  /** Name and outcome of each request, in the order of sending. */
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
