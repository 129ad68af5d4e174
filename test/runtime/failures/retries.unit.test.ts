import { setImmediate } from 'node:timers/promises';
import kafkajs from 'kafkajs'; // CommonJS: Node does not see its error classes as named exports
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { FanlightError, type FailureKind } from '../../../schemas/failure.js';
import { publishUntilAcknowledged } from '../../../runtime/kafka/client/acknowledged-publishing.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { retryTransient } from '../../../runtime/failures/transient-retries.js';

const backoff = { baseMs: 100, maxMs: 100, jitter: 0 };

function failure(kind: FailureKind): FanlightError {
  return new FanlightError({ code: 'sink-unavailable', kind, message: kind, remedy: 'none' });
}

/** Work that fails with one of the given errors per attempt, and then succeeds. */
function failing(failures: readonly Error[]) {
  let tries = 0;
  return {
    tries: () => tries,
    work: () => {
      const error = failures[tries];
      tries += 1;
      return error ? Promise.reject(error) : Promise.resolve();
    },
  };
}

describe('retryTransient', () => {
  const settings = { random: () => 1, backoff };

  it('retries transient and unexpected failures and reports each', async () => {
    const clock = createManualClock();
    const seen: unknown[] = [];
    const { work, tries } = failing([failure('transient'), new Error('defect')]);
    const onRetry = ({ code }: FanlightError, attempt: number) => seen.push([code, attempt]);
    const done = retryTransient(work, { ...settings, clock, onRetry });
    for (let turn = 0; turn < 2; turn += 1) {
      await setImmediate();
      clock.advance(100);
    }
    await done;
    expect([tries(), seen]).toEqual([
      3,
      [
        ['sink-unavailable', 1],
        ['unexpected-error', 2],
      ],
    ]);
  });

  it.each(['permanent', 'fatal'] as const)('rejects with a %s failure at once', async (kind) => {
    const clock = createManualClock();
    const final = failure(kind);
    const { work, tries } = failing([final]);
    await expect(retryTransient(work, { ...settings, clock })).rejects.toBe(final);
    expect([tries(), clock.nextDueAt]).toEqual([1, undefined]);
  });
});

const unknownTopic = { type: 'UNKNOWN_TOPIC_OR_PARTITION', message: 'no such topic' };

describe('publishing until the brokers acknowledge', () => {
  function publishing(failures: readonly Error[]) {
    const clock = createManualClock();
    const abort = new AbortController();
    const { work, tries } = failing(failures);
    const done = publishUntilAcknowledged(
      { publish: work, close: () => Promise.resolve() },
      [{ topic: 't', key: null, value: null, headers: {} }],
      { signal: abort.signal, clock, logger: pino({ level: 'silent' }), random: () => 1 },
    );
    return { clock, abort, tries, done };
  }

  it('retries after 500 ms and then 1 s while the brokers are unreachable', async () => {
    const away = new kafkajs.KafkaJSConnectionError('no broker');
    const { clock, tries, done } = publishing([away, away]);
    await setImmediate();
    clock.advance(500);
    await setImmediate();
    clock.advance(999);
    expect(tries()).toBe(2);
    clock.advance(1);
    await done;
    expect(tries()).toBe(3);
  });

  it('retries when kafkajs connects again for another request', async () => {
    const { clock, tries, done } = publishing([new Error('Broker not connected')]);
    await setImmediate();
    clock.advance(500);
    await done;
    expect(tries()).toBe(2);
  });

  it.each([
    { why: 'a missing topic', error: new kafkajs.KafkaJSProtocolError(unknownTopic as never) },
    { why: 'a defect', error: new TypeError('defect') },
  ])('rejects with invalid-configuration for $why', async ({ error }) => {
    const { clock, tries, done } = publishing([error]);
    await expect(done).rejects.toMatchObject({ code: 'invalid-configuration' });
    expect([tries(), clock.nextDueAt]).toEqual([1, undefined]);
  });

  it('rejects with the failure of a refused record at once', async () => {
    const refused = failure('permanent');
    const { clock, tries, done } = publishing([refused]);
    await expect(done).rejects.toBe(refused);
    expect([tries(), clock.nextDueAt]).toEqual([1, undefined]);
  });

  it('rejects with the reason of the signal during a delay', async () => {
    const { clock, abort, done } = publishing([new kafkajs.KafkaJSConnectionError('no broker')]);
    await setImmediate();
    abort.abort(new Error('the worker stops'));
    await expect(done).rejects.toThrow('the worker stops');
    expect(clock.nextDueAt).toBeUndefined();
  });
});
