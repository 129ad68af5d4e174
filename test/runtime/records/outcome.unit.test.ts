import { expect, it } from 'vitest';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import { readOutcome } from '../../../runtime/records/outcome.js';

const codec = createMemoryCodec();
const enteredAt = Date.parse('2026-01-02T03:04:05.678Z');

function deadLetter(more: Record<string, string>) {
  const headers = {
    ce_id: 'an-event',
    ce_type: 'fanlight.listing-image.v1',
    ce_time: '2026-01-02T03:04:05.678Z',
    '__fanlight.errors.code': 'not-found',
    '__fanlight.errors.stage': 'fetch',
    ...more,
  };
  return {
    topic: 'dead-letters.realtime',
    partition: 0,
    offset: 0n,
    timestamp: enteredAt + 1_000,
    key: null,
    value: null,
    headers,
  };
}

it.each<[string, Record<string, string>, number | undefined]>([
  ['the time of the event', {}, enteredAt],
  ['the event time that a retry kept', { 'fl-event-time': '5' }, 5],
  ['undefined for a record of a later stage', { ce_type: 'fanlight.image-task.v1' }, undefined],
  ['undefined for an unreadable time', { ce_time: 'yesterday' }, undefined],
])('the entry time of a failed event is %s', async (_name, headers, expected) => {
  expect(await readOutcome(deadLetter(headers), codec)).toMatchObject({
    origin: 'an-event',
    outcome: { kind: 'failed', error: { code: 'not-found' }, enteredAt: expected, finishedAt: enteredAt + 1_000 },
  });
});

it.each([
  ['a sink', { '__fanlight.errors.stage': 'sink-s3' }],
  ['a model request', { ce_type: 'fanlight.model-input.v1' }],
])('the dead letter of %s is not an outcome of an image', async (_name, headers) => {
  expect(await readOutcome(deadLetter(headers), codec)).toBeUndefined();
});
