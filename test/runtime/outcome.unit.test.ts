import { expect, it } from 'vitest';
import { createMemoryCodec } from '../../runtime/memory/memory-codec.js';
import { readOutcome } from '../../runtime/records/outcome.js';

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
  ['by its own time', {}, enteredAt],
  ['by the time that a retry kept', { 'fl-event-time': '5' }, 5],
  ['at a time that a record of a later stage does not say', { ce_type: 'fanlight.image-task.v1' }, undefined],
  ['at a time that nobody can read', { ce_time: 'yesterday' }, undefined],
])('an event that failed entered %s', async (_name, headers, expected) => {
  expect(await readOutcome(deadLetter(headers), codec)).toMatchObject({
    origin: 'an-event',
    outcome: { kind: 'failed', error: { code: 'not-found' }, enteredAt: expected, finishedAt: enteredAt + 1_000 },
  });
});

it.each([
  ['a sink could not store', { '__fanlight.errors.stage': 'sink-s3' }],
  ['a model was asked in', { ce_type: 'fanlight.model-input.v1' }],
])('what %s is not how an image ended', async (_name, headers) => {
  expect(await readOutcome(deadLetter(headers), codec)).toBeUndefined();
});
