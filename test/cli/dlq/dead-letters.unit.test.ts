import { describe, expect, it } from 'vitest';
import { photoOf, withoutBytes } from '../../../cli/dlq/payload.js';
import { deadLetterFrom, replayedBy } from '../../../audit/dead-letters.js';
import { obstacleToReplay, replayOf } from '../../../cli/dlq/replay.js';
import { RecentIds } from '../../../cli/subscribe/recent-ids.js';
import { deadLetterOf } from '../../../runtime/failures/failure-handler.js';
import { withoutValue } from '../../../runtime/failures/omitted-value.js';
import type { Message } from '../../../runtime/records/message.js';
import { FanlightError } from '../../../schemas/failure.js';
import { lanes, type Lane } from '../../../topology/lanes.js';

const [realtime, bulk] = lanes as [Lane, Lane];
const original: Message = {
  topic: 'infer.bulk',
  partition: 3,
  offset: 7n,
  key: Buffer.from('L1'),
  value: Buffer.from('payload'),
  headers: { ce_id: 'task', 'fl-origin': 'event', traceparent: '00-1', 'fl-attempt': '3', 'fl-deadline': '5' },
  timestamp: 0,
};
const error = new FanlightError({ code: 'wrong-tensor', message: 'The tensor is wrong.', remedy: 'Mend it.' });

/** Returns a dead letter as the worker writes it and Kafka delivers it. */
function letterOf(lane: Lane): Message {
  const { topic, key, value, headers } = deadLetterOf(
    original,
    error,
    { stage: 'infer', lane, input: original.topic },
    0,
  );
  return { topic, key, value, headers, partition: 0, offset: 42n, timestamp: 1 };
}

describe('a dead letter', () => {
  it('is read from its headers', () => {
    expect(deadLetterFrom(letterOf(bulk))).toEqual({
      id: 'dead-letters.bulk/0/42',
      lane: 'bulk',
      time: '1970-01-01T00:00:00.000Z',
      stage: 'infer',
      operation: 'infer',
      code: 'wrong-tensor',
      message: 'The tensor is wrong.',
      remedy: 'Mend it.',
      attempts: 3,
      origin: 'event',
      from: 'infer.bulk',
      key: 'L1',
      omittedFrom: null,
      unreadableOffsets: null,
    });
  });

  it('without its value names the record that has it, and cannot be replayed', () => {
    const { topic, key, value, headers } = withoutValue({ ...letterOf(bulk) }, original);
    const letter = deadLetterFrom({ topic, key, value, headers, partition: 0, offset: 42n, timestamp: 1 });
    expect([value, letter?.omittedFrom]).toEqual([null, 'infer.bulk/3/7']);
    const read = new Set(['infer.bulk']);
    expect(letter && obstacleToReplay(letter, read)).toMatch(/too large for a dead letter.*infer\.bulk\/3\/7/);
    expect(obstacleToReplay({ from: 'infer.bulk', omittedFrom: null, unreadableOffsets: null }, read)).toBeUndefined();
  });

  it('for a batch that cannot be decoded names its offsets, and cannot be replayed', () => {
    const unreadableBatch = {
      firstOffset: 5n,
      lastOffset: 7n,
      code: 'invalid-event',
      reason: 'it is',
      bytes: 7,
    } as const;
    const path = { stage: 'infer', lane: bulk, input: original.topic };
    const { topic, key, value, headers } = deadLetterOf({ ...original, unreadableBatch }, error, path, 0);
    const letter = deadLetterFrom({ topic, key, value, headers, partition: 0, offset: 42n, timestamp: 1 });
    expect(letter?.unreadableOffsets).toBe('5 to 7');
    expect(letter && obstacleToReplay(letter, new Set(['infer.bulk']))).toMatch(/offsets 5 to 7/);
  });

  it('is replayed as the original record, followed by a marker that hides it', () => {
    const letter = letterOf(bulk);
    const [again, marker] = replayOf(letter, 'infer.bulk', null, 1_000);
    expect(again).toEqual({
      topic: 'infer.bulk',
      key: original.key,
      value: original.value,
      headers: { ce_id: 'task', 'fl-origin': 'event', traceparent: '00-1' },
    });
    expect(marker).toEqual({
      topic: 'dead-letters.bulk',
      key: original.key,
      value: null,
      headers: { 'fl-replayed': 'dead-letters.bulk/0/42' },
    });
    const read: Message = { ...marker, partition: 0, offset: 43n, timestamp: 2 };
    expect([deadLetterFrom(read), replayedBy(read), replayedBy(letter)]).toEqual([
      undefined,
      'dead-letters.bulk/0/42',
      undefined,
    ]);
  });

  it('is replayed with a new deadline, because the old one has passed', () => {
    expect(replayOf(letterOf(realtime), 'infer.realtime', realtime.deadlineMs, 1_000)[0].headers['fl-deadline']).toBe(
      '16000',
    );
  });
});

describe('payloads of dead letters', () => {
  it.each([
    [
      { listingId: 'L', imageId: 'i', more: 1 },
      { listingId: 'L', imageId: 'i' },
    ],
    ['cannot be read', null],
    [null, null],
    [{ listingId: 'L' }, null],
  ])('finds the photo of payload %j: %j', (payload, photo) => {
    expect(photoOf(payload)).toEqual(photo);
  });

  it('replaces byte arrays by their length', () => {
    expect(withoutBytes({ a: [Buffer.alloc(3), null], b: { c: new Uint8Array(2), d: 'x' } })).toEqual({
      a: ['3 bytes', null],
      b: { c: '2 bytes', d: 'x' },
    });
  });
});

describe('RecentIds', () => {
  it('forgets the least recently used id', () => {
    const ids = new RecentIds(2);
    expect(['a', 'b', 'a', 'c', 'b', 'c'].map((id) => ids.seen(id))).toEqual([false, false, true, false, false, true]);
  });
});
