import type { Clock } from '../../primitives/clock.js';
import { topics } from '../../schemas/topics.js';
import { retryGroup } from '../../topology/groups.js';
import { divertTo, type RecordConsumption } from '../consumption/consumption.js';
import { delayMs } from './retry-policy.js';
import type { FailurePath } from './retry-record.js';
import { createRetryRelay } from './retry-relay.js';

/** Longest wait, in delays of the topic: jitter adds at most one delay. */
const longestJitter = 2;

/**
 * Returns one consumption for each retry topic of a lane. All records of a topic have the same delay (jitter aside), so
 * none is blocked by a record that is due much later.
 */
export function retryConsumptions({ name, retryDelays }: FailurePath['lane'], clock: Clock): RecordConsumption[] {
  return retryDelays.map((delay) => {
    const topic = topics.retry(name, delay);
    return {
      kind: 'records',
      group: retryGroup(topic),
      topics: [topic],
      stage: 'retry',
      laneOf: () => name,
      handler: createRetryRelay(clock, longestJitter * delayMs(delay)),
      // A retry of this step would lead back to this topic, so a record that fails here becomes a dead letter at once.
      failures: divertTo({ input: topic, lane: { name, retryDelays: [] } }),
      window: { items: 500, bytes: 64 * 2 ** 20 },
    };
  });
}
