import { describe, expect, it } from 'vitest';
import { handleFailures } from '../../../runtime/failures/failure-handler.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import type { Message } from '../../../runtime/records/message.js';
import { topicDelay } from '../../../runtime/failures/retry-policy.js';
import { FanlightError, type FailureOptions } from '../../../schemas/failure.js';

const message: Message = {
  topic: 'job-progress',
  partition: 1,
  offset: 7n,
  key: Buffer.from('job'),
  value: Buffer.from('v'),
  headers: {},
  timestamp: 5,
};
const path = {
  input: 'callbacks',
  lane: { name: 'callbacks', retryDelays: ['5s', '1m', '2h'] },
} as const;
const context = { signal: new AbortController().signal, waitUntil: () => undefined };

/** Returns the output record of an attempt that fails in this way. */
async function after(failure: Partial<FailureOptions>, { attempt = 1, random = 0 } = {}) {
  const clock = createManualClock(0);
  const error = new FanlightError({ code: 'callback-failed', message: 'It failed.', remedy: 'Wait.', ...failure });
  const handler = handleFailures({ stage: 'callbacks', pathOf: () => path, clock, random: () => random, jitter: 0.2 })(
    () => Promise.reject(error),
  );
  const [out] = await handler({ ...message, headers: attempt === 1 ? {} : { 'fl-attempt': String(attempt) } }, context);
  return out;
}

describe('handleFailures', () => {
  it('copies key and value to the retry topic, with the time and the queue of the return in headers', async () => {
    expect(await after({})).toEqual({
      topic: 'retry-5s.callbacks',
      key: message.key,
      value: message.value,
      headers: {
        'fl-origin': 'job-progress/1/7',
        'fl-event-time': '5',
        'fl-attempt': '2',
        'fl-retry-at': '5000',
        'fl-retry-to': 'callbacks',
      },
    });
  });

  it.each([
    { attempt: 2, random: 0, topic: 'retry-1m.callbacks', dueAt: '60000' },
    { attempt: 3, random: 1, topic: 'retry-2h.callbacks', dueAt: '8640000' },
  ])('uses the delays in order, with jitter: attempt $attempt', async ({ attempt, random, topic, dueAt }) => {
    const out = await after({}, { attempt, random });
    expect([out?.topic, out?.headers['fl-retry-at'], out?.headers['fl-attempt']]).toEqual([
      topic,
      dueAt,
      String(attempt + 1),
    ]);
  });

  it('chooses a delay of at least the time that the remote side requested', async () => {
    const out = await after({ retryAfterMs: 90_000 });
    expect([out?.topic, out?.headers['fl-retry-at']]).toEqual(['retry-2h.callbacks', '7200000']);
  });

  it.each([
    { name: 'when no delay is left', failure: {}, attempt: 4, code: 'callback-failed' },
    {
      name: 'for a permanent failure',
      failure: { code: 'callback-refused' as const },
      attempt: 1,
      code: 'callback-refused',
    },
  ])('writes a dead letter $name', async ({ failure, attempt, code }) => {
    const out = await after(failure, { attempt });
    expect([out?.topic, out?.headers['__fanlight.errors.topic'], out?.headers['__fanlight.errors.code']]).toEqual([
      'dead-letters.callbacks',
      'callbacks',
      code,
    ]);
  });
});

describe('topicDelay', () => {
  it.each([
    [1, undefined, '5s'],
    [1, 5_000, '5s'],
    [1, 5_001, '1m'],
    [2, 1, '1m'],
    [1, 10 ** 9, '2h'],
    [4, undefined, undefined],
  ])('after attempt %i, with a minimum of %s ms, is %s', (attempt, atLeast, delay) => {
    expect(topicDelay(path.lane.retryDelays, attempt, atLeast)).toBe(delay);
  });
});
