import { describe, expect, test } from 'vitest';
import {
  fileFrom,
  headerOf,
  lakeFile,
  piecesBetween,
  type EncodedRecord,
  type LakeFile,
} from '../../../sinks/lake/lake-file.js';
import { formatRanges, holds, parseRanges, rangesOf } from '../../../sinks/lake/offset-ranges.js';
import { fileKey, firstOffsetOf, planPartitions, type PartitionPlan } from '../../../sinks/lake/request.js';
import { tagRecord } from '../records.js';

const record = (offset: number, partition = 0, topic = 'image-tags.bulk') =>
  tagRecord(offset, {}, { partition, topic });
const encoded = (offset: bigint): EncodedRecord => ({ offset, id: `id-${offset}`, bytes: Buffer.alloc(0) });
const fileOf = (...offsets: bigint[]): LakeFile => lakeFile(offsets.map(encoded), []);

/** Returns a plan as text: topic/partition, first and last offset, positions in the batch. */
function short({ topic, partition, firstOffset, lastOffset, records }: PartitionPlan): string {
  return `${topic}/${partition} ${firstOffset}..${lastOffset} at ${records.map(({ index }) => index).join(',')}`;
}

describe('a request of the lake', () => {
  test('has one plan for each topic and partition', () => {
    const batch = [record(5), record(9, 1), record(6), record(2, 0, 'image-tags.realtime'), record(10, 1)];
    expect(planPartitions(batch).map(short)).toEqual([
      'image-tags.bulk/0 5..6 at 0,2',
      'image-tags.bulk/1 9..10 at 1,4',
      'image-tags.realtime/0 2..2 at 3',
    ]);
  });

  test('has keys that list in the order of offsets, up to the largest offset', () => {
    const offsets = [0n, 9n, 10n, 9_223_372_036_854_775_807n];
    const keys = offsets.map((offset) => fileKey('lake/', { topic: 'image-tags.bulk', partition: 3 }, offset));
    expect(keys[3]).toBe('lake/image-tags.bulk/partition=3/image-tags.bulk+3+09223372036854775807.avro');
    expect(keys.toSorted()).toEqual(keys);
    expect(keys.map(firstOffsetOf)).toEqual(offsets);
  });

  test('finds no offset in the key of another program', () => {
    expect(firstOffsetOf('lake/image-tags.bulk/partition=3/_SUCCESS')).toBeUndefined();
  });
});

describe('the pieces between files', () => {
  // Offset 12 is missing, as after the end of a transaction.
  const offsets = [10n, 11n, 13n, 14n, 15n];

  test.each([
    { name: 'no file', files: [], pieces: ['10-11,13-15'] },
    { name: 'a file that holds all', files: [fileOf(10n, 11n, 13n, 14n, 15n)], pieces: [] },
    { name: 'a file that begins before', files: [fileOf(8n, 9n, 10n, 11n)], pieces: ['13-15'] },
    { name: 'a file that ends behind', files: [fileOf(14n, 15n, 16n, 17n)], pieces: ['10-11,13'] },
    { name: 'a file in the middle', files: [fileOf(11n)], pieces: ['10', '13-15'] },
    { name: 'files in any order', files: [fileOf(15n), fileOf(10n)], pieces: ['11,13-14'] },
    { name: 'a file with a gap', files: [fileOf(10n, 11n, 15n)], pieces: ['13-14'] },
    { name: 'a file that begins at a missing offset', files: [fileOf(12n)], pieces: ['10-11', '13-15'] },
    { name: 'overlapping files', files: [fileOf(8n, 9n, 10n, 11n, 12n, 13n), fileOf(11n)], pieces: ['14-15'] },
  ])('leave out what $name holds', ({ files, pieces }) => {
    const found = piecesBetween(offsets.map(encoded), files);
    expect(found.map((piece) => formatRanges(rangesOf(piece.map(({ offset }) => offset))))).toEqual(pieces);
  });

  test('span fewer than 100,000 offsets', () => {
    const pieces = piecesBetween([0n, 99_999n, 100_000n, 199_999n, 200_000n].map(encoded), []);
    expect(pieces.map((piece) => piece.map(({ offset }) => offset))).toEqual([
      [0n, 99_999n],
      [100_000n, 199_999n],
      [200_000n],
    ]);
  });
});

describe('the header of a file', () => {
  test('says which offsets the file holds', () => {
    const file = fileOf(10n, 11n, 13n);
    expect(headerOf(file)).toEqual({
      'fanlight.offset.first': '10',
      'fanlight.offset.last': '13',
      'fanlight.offsets': '10-11,13',
      'fanlight.chain': 'true',
      'fanlight.id.first': 'id-10',
      'fanlight.id.last': 'id-13',
    });
    expect(fileFrom(headerOf(file))).toEqual(file);
  });

  test('does not start a chain if an earlier file reaches behind its first offset', () => {
    expect(lakeFile([encoded(12n)], [fileOf(10n, 11n, 13n)]).startsChain).toBe(false);
    expect(lakeFile([encoded(12n)], [fileOf(10n, 11n), fileOf(13n)]).startsChain).toBe(true);
  });

  test('of an earlier release holds all offsets between the first and the last', () => {
    const file = fileFrom({ 'fanlight.offset.first': '10', 'fanlight.offset.last': '13' });
    expect(file).toMatchObject({ first: 10n, last: 13n, held: [[10n, 13n]], startsChain: false, firstId: undefined });
  });

  test.each<Record<string, string>>([
    {},
    { 'fanlight.offsets': '' },
    { 'fanlight.offsets': '5-' },
    { 'fanlight.offset.first': '5' },
  ])('of another program says nothing: %j', (header) => {
    expect(fileFrom(header)).toBeUndefined();
  });
});

describe('ranges of offsets', () => {
  const offsets = [0n, 1n, 2n, 5n, 9_007_199_254_740_993n];

  test('are read as they were written', () => {
    const ranges = rangesOf(offsets);
    expect(formatRanges(ranges)).toBe('0-2,5,9007199254740993');
    expect(parseRanges(formatRanges(ranges))).toEqual(ranges);
  });

  test('hold exactly their offsets', () => {
    const ranges = rangesOf(offsets);
    const asked = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 9_007_199_254_740_992n, 9_007_199_254_740_993n];
    expect(asked.filter((offset) => holds(ranges, offset))).toEqual(offsets);
  });
});
