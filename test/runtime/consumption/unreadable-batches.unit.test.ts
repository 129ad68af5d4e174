import { pino } from 'pino';
import { expect, it } from 'vitest';
import { divertTo, type FailurePolicy } from '../../../runtime/consumption/consumption.js';
import { refuseUnreadableBatches } from '../../../runtime/consumption/unreadable-batches.js';
import { deadLetterOf } from '../../../runtime/failures/failure-handler.js';
import { createMetrics } from '../../../runtime/metrics.js';
import type { Message } from '../../../runtime/records/message.js';
import { asFanlightError } from '../../../schemas/failure.js';

const batch = Buffer.from('the bytes of a batch');
const unreadable: Message = {
  ...{ topic: 'infer.bulk', partition: 3, offset: 9n, key: null, value: batch, headers: {}, timestamp: 0 },
  unreadableBatch: { firstOffset: 5n, lastOffset: 9n, code: 'too-large', reason: 'it grows', bytes: batch.length },
};
const path = { input: 'infer.bulk', lane: { name: 'bulk', retryDelays: [] } } as const;

function world(failures: FailurePolicy) {
  const lines: unknown[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line) => void lines.push(JSON.parse(line)) });
  const metrics = createMetrics();
  const handled: Message[] = [];
  const refuse = refuseUnreadableBatches({ failures, group: 'g' }, { logger, metrics });
  const handler = refuse(async (message) => {
    handled.push(message);
    return [];
  });
  const handle = (message: Message) =>
    handler(message, { signal: new AbortController().signal, waitUntil: () => undefined });
  return { handle, handled, lines, metrics };
}

it('an unreadable batch becomes a dead letter with its bytes, its offsets and the reason', async () => {
  const { handle, handled } = world(divertTo(path));
  const error = asFanlightError(await handle(unreadable).catch((thrown: unknown) => thrown));
  expect([error.code, error.kind, handled]).toEqual(['too-large', 'permanent', []]);
  expect(error.message).toBe('A batch of infer.bulk/3 cannot be decoded at offsets 5 to 9: it grows.');
  expect(deadLetterOf(unreadable, error, { ...path, stage: 'infer' }, 0)).toMatchObject({
    ...{ topic: 'dead-letters.bulk', key: null, value: batch },
    headers: {
      'fl-origin': 'infer.bulk/3/9',
      '__fanlight.errors.code': 'too-large',
      '__fanlight.batch.first-offset': '5',
      '__fanlight.batch.last-offset': '9',
      '__fanlight.batch.bytes': String(batch.length),
    },
  });
});

it('a consumer without dead letters logs and counts an unreadable batch, and steps over it', async () => {
  const { handle, handled, lines, metrics } = world({ kind: 'stop' });
  expect(await handle(unreadable)).toEqual([]);
  expect(handled).toEqual([]);
  const msg = 'A batch of infer.bulk/3 cannot be decoded at offsets 5 to 9: it grows.';
  expect(lines).toEqual([{ level: 50, reader: 'g', bytes: batch.length, msg }]);
  expect((await metrics.batchesSkipped.get()).values).toMatchObject([{ labels: { reader: 'g' }, value: 1 }]);
});

it('all other records pass', async () => {
  const { unreadableBatch: _batch, ...good } = unreadable;
  const { handle, handled } = world(divertTo(path));
  await handle(good);
  expect(handled).toEqual([good]);
});
