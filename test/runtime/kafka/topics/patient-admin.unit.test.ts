import { setImmediate } from 'node:timers/promises';
import { KafkaJSProtocolError, type Admin, type Kafka } from 'kafkajs';
import { expect, it } from 'vitest';
import { createManualClock } from '../../../../runtime/memory/manual-clock.js';
import { withPatientAdmin } from '../../../../runtime/kafka/topics/admin.js';

const kafka = {
  admin: () => ({ connect: () => Promise.resolve(), disconnect: () => Promise.resolve() }) as unknown as Admin,
} as unknown as Kafka;

/** Fails the first requests with an error of the broker, and returns how many were made. */
async function requestsUntilAnswered(type: string, failing: number): Promise<number> {
  const clock = createManualClock();
  let requests = 0;
  const answer = withPatientAdmin(
    kafka,
    () => {
      requests += 1;
      const error = Object.assign(new Error(type), { type, code: 1, retriable: true });
      return requests <= failing ? Promise.reject(new KafkaJSProtocolError(error)) : Promise.resolve();
    },
    clock,
  );
  const ended = answer.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([ended, setImmediate(false)]))) clock.advance(1_000);
  await answer;
  return requests;
}

it.each(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'])(
  'waits for a broker that answers %s while it starts',
  async (type) => {
    expect(await requestsUntilAnswered(type, 3)).toBe(4);
  },
);

it('does not wait for ever, and not for a refusal', async () => {
  await expect(requestsUntilAnswered('NOT_LEADER_FOR_PARTITION', Infinity)).rejects.toThrow('NOT_LEADER_FOR_PARTITION');
  await expect(requestsUntilAnswered('TOPIC_AUTHORIZATION_FAILED', 1)).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED');
});
