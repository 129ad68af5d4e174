import { describe, expect, test } from 'vitest';
import { cutAtBoundaries, type FilePlan, fileKey, firstOffsetOf, planFiles } from '../../sinks/lake/request.js';
import { tagRecord } from './records.js';

const record = (offset: number, partition = 0, topic = 'image-tags.bulk') =>
  tagRecord(offset, {}, { partition, topic });

/** Returns a plan as text: topic/partition, first and last offset, positions in the batch. */
function short({ topic, partition, firstOffset, lastOffset, records }: FilePlan): string {
  return `${topic}/${partition} ${firstOffset}..${lastOffset} at ${records.map(({ index }) => index).join(',')}`;
}

describe('lake request', () => {
  test('plans one file for each topic and partition', () => {
    const batch = [record(5), record(9, 1), record(6), record(2, 0, 'image-tags.realtime'), record(10, 1)];
    expect(planFiles(batch).map(short)).toEqual([
      'image-tags.bulk/0 5..6 at 0,2',
      'image-tags.bulk/1 9..10 at 1,4',
      'image-tags.realtime/0 2..2 at 3',
    ]);
  });

  test.each([
    { name: 'none', boundaries: [], pieces: ['10..15 at 0,1,2,3,4'] },
    { name: 'at the first record', boundaries: [10n], pieces: ['10..15 at 0,1,2,3,4'] },
    { name: 'after the last record', boundaries: [16n], pieces: ['10..15 at 0,1,2,3,4'] },
    { name: 'at the last record', boundaries: [15n], pieces: ['10..14 at 0,1,2,3', '15..15 at 4'] },
    { name: 'two, in any order', boundaries: [14n, 11n], pieces: ['10..10 at 0', '11..13 at 1,2', '14..15 at 3,4'] },
    { name: 'two in the same gap', boundaries: [12n, 13n], pieces: ['10..11 at 0,1', '13..15 at 2,3,4'] },
  ])('cuts a file at boundaries: $name', ({ boundaries, pieces }) => {
    // Offset 12 is missing, as after the end of a transaction.
    const [plan] = planFiles([10, 11, 13, 14, 15].map((offset) => record(offset)));
    const cut = cutAtBoundaries(plan as FilePlan, boundaries);
    expect(cut.map(short)).toEqual(pieces.map((piece) => `image-tags.bulk/0 ${piece}`));
  });

  test('lists keys in the order of offsets, up to the largest offset', () => {
    const offsets = [0n, 9n, 10n, 9_223_372_036_854_775_807n];
    const keys = offsets.map((offset) => fileKey('lake/', 'image-tags.bulk', 3, offset));
    expect(keys[3]).toBe('lake/image-tags.bulk/partition=3/image-tags.bulk+3+09223372036854775807.avro');
    expect(keys.toSorted()).toEqual(keys);
    expect(keys.map(firstOffsetOf)).toEqual(offsets);
  });

  test('finds no offset in the key of another program', () => {
    expect(firstOffsetOf('lake/image-tags.bulk/partition=3/_SUCCESS')).toBeUndefined();
  });
});
