import { readFileSync } from 'node:fs';
import Decoder from 'kafkajs/src/protocol/decoder.js';
import encodeBatch from 'kafkajs/src/protocol/recordBatch/v0/index.js';
import encodeRecord from 'kafkajs/src/protocol/recordBatch/record/v0/index.js';
import decodeByKafkajs from 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js';
import { describe, expect, it } from 'vitest';
import { decodePartition, newBudget } from '../../../../runtime/kafka/decoding/partition.js';
import { createSuspects } from '../../../../runtime/kafka/decoding/suspects.js';
import { rawBatch, withChecksum, type RawBatchOptions } from '../raw-batch.js';
import { rawRecord } from '../raw-record.js';

const java = JSON.parse(readFileSync(new URL('../compression/java-batch.json', import.meta.url), 'utf8')) as Readonly<
  Record<'gzip' | 'snappy' | 'lz4' | 'zstd', string>
>;

const fetched = { topic: 't', partition: 3, fetchOffset: 0n, highWatermark: 1_000_000n };

/** Decodes twice, because the first fetch leaves out a batch whose checksum is wrong. */
async function decode(
  bytes: Buffer,
  {
    budget = newBudget(),
    ...at
  }: { budget?: ReturnType<typeof newBudget>; fetchOffset?: bigint; highWatermark?: bigint } = {},
) {
  const suspects = createSuspects();
  const once = () => decodePartition(bytes, { ...fetched, ...at }, budget, suspects);
  const [first, second] = [await once(), await once()];
  return second.length > first.length ? second : first;
}

const value = Buffer.from('value');
/** Records of a batch, with the keys `a-0`, `a-1`, … */
const recordsOf = (name: string, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => rawRecord(`${name}-${index}`, value, [], index)));
const goodBatch = (name: string, baseOffset: bigint, count = 2) =>
  rawBatch(recordsOf(name, count), { baseOffset, count });

/** A batch of three records between two good batches of two. */
const amid = (odd: Buffer, lastOffset = 4n) =>
  Buffer.concat([goodBatch('before', 0n), odd, goodBatch('after', lastOffset + 1n)]);
const oddBatch = (options: Partial<RawBatchOptions> = {}) =>
  rawBatch(recordsOf('odd', 3), { baseOffset: 2n, count: 3, ...options });

const summary = (records: Awaited<ReturnType<typeof decode>>) =>
  records.map(({ key, offset, isControlRecord, unreadable }) =>
    unreadable
      ? { from: unreadable.firstOffset, to: unreadable.lastOffset, at: BigInt(offset), code: unreadable.code }
      : isControlRecord
        ? `passes ${offset}`
        : `${String(key)} at ${offset}`,
  );
const [before, after] = [
  ['before-0 at 0', 'before-1 at 1'],
  ['after-0 at 5', 'after-1 at 6'],
];
const wholeOddBatch = { from: 2n, to: 4n, at: 4n, code: 'invalid-event' };

describe('the decoder of batches', () => {
  it('decodes what kafkajs encodes as kafkajs does', async () => {
    const record = (offsetDelta: number, rest: object) =>
      encodeRecord({ offsetDelta, timestampDelta: 7 * offsetDelta, key: Buffer.from('k'), value, ...rest });
    const headers = { one: Buffer.from('1'), many: [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')] };
    const records = [record(0, {}), record(1, { headers }), record(2, { key: null, value: null })];
    const { buffer } = await encodeBatch.RecordBatch({
      ...{ firstTimestamp: 1_700_000_000_000, maxTimestamp: 1_700_000_000_014 },
      ...{ lastOffsetDelta: 2, transactional: true, producerId: 77n, records },
    });
    const size = Buffer.alloc(4);
    size.writeInt32BE(buffer.length);
    const known = (await decodeByKafkajs(new Decoder(Buffer.concat([size, buffer])))) as Record<string, unknown>[];
    const decoded = await decode(buffer);
    expect(decoded).toMatchObject([
      { offset: '0', timestamp: '1700000000000' },
      { offset: '1', headers },
      { offset: '2', key: null, value: null, batchContext: { producerId: '77', inTransaction: true } },
    ]);
    expect(decoded.map((record) => ({ ...record, batchContext: {} }))).toEqual(
      known.map((record) => ({ ...record, batchContext: {} })),
    );
  });

  it.each([['gzip', 1] as const, ['snappy', 2] as const, ['lz4', 3] as const, ['zstd', 4] as const])(
    'reads the records of a batch of the Java client in %s',
    async (name, attributes) => {
      const decoded = await decode(
        rawBatch(Buffer.from(java[name], 'base64'), { baseOffset: 5n, count: 24, attributes }),
      );
      expect(decoded).toHaveLength(24);
      expect(decoded.at(-1)).toMatchObject({ offset: '28', key: Buffer.from('listing-23') });
    },
  );

  it('takes the time of the broker where the topic says so', async () => {
    expect(await decode(oddBatch({ attributes: 8 }))).toMatchObject([
      ...Array.from({ length: 3 }, () => ({ timestamp: '2000' })),
    ]);
  });

  it('reads 200,000 records of one batch', async () => {
    const count = 200_000;
    const decoded = await decode(rawBatch(recordsOf('many', count), { count }));
    expect(decoded).toHaveLength(count);
    expect(decoded.at(-1)?.offset).toBe('199999');
  });

  it('reads 50,000 equal headers, and a null one, within a second', async () => {
    const headers = Array.from({ length: 50_000 }, () => ['same', value] as const);
    const batch = rawBatch(rawRecord('k', value, [...headers, ['null', null]]), { count: 1 });
    const startedAt = performance.now();
    const [record] = await decode(batch);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect([record?.headers['same']?.length, record?.headers['null']]).toEqual([50_000, null]);
  });

  it('leaves a batch that the end of the fetch cut for the next fetch', async () => {
    const bytes = Buffer.concat([goodBatch('before', 0n), oddBatch()]);
    for (const cut of [1, 40, oddBatch().length - 1])
      expect(summary(await decode(bytes.subarray(0, bytes.length - cut)))).toEqual(before);
  });

  it('passes offsets whose records compaction has removed', async () => {
    const batch = rawBatch(recordsOf('kept', 2), { count: 2, lastOffsetDelta: 9 });
    expect(summary(await decode(batch))).toEqual(['kept-0 at 0', 'kept-1 at 1', 'passes 9']);
    expect(summary(await decode(rawBatch(Buffer.alloc(0), { count: 0, lastOffsetDelta: 4 })))).toEqual(['passes 4']);
  });

  it('keeps what kafkajs needs to leave out aborted transactions', async () => {
    const [record] = await decode(oddBatch({ attributes: 16, producerId: 9n }));
    expect([record?.isControlRecord, record?.batchContext]).toEqual([false, { producerId: '9', inTransaction: true }]);
    const [marker] = await decode(oddBatch({ attributes: 48, producerId: 9n }));
    expect(marker?.isControlRecord).toBe(true);
  });

  it('leaves further batches for the next fetch once an answer has filled its memory', async () => {
    for (const budget of [
      { bytes: 1, records: 10 },
      { bytes: 1_000, records: 1 },
    ])
      expect(summary(await decodePartition(amid(oddBatch()), fetched, budget, createSuspects()))).toEqual(before);
  });
});

describe('a batch that cannot be decoded', () => {
  const damaged = () => {
    const batch = oddBatch();
    batch[batch.length - 3]! ^= 1;
    return batch;
  };

  it('becomes one record that names its offsets and has its bytes, when its checksum is wrong', async () => {
    const batch = damaged();
    const records = await decode(amid(batch));
    expect(summary(records)).toEqual([...before, wholeOddBatch, ...after]);
    expect(records[2]).toMatchObject({
      value: batch,
      unreadable: { reason: 'its checksum (CRC-32C) is wrong', bytes: batch.length },
    });
  });

  it('is fetched once more before it is passed, because the damage may come from the way', async () => {
    const suspects = createSuspects();
    const take = (odd: Buffer) => decodePartition(amid(odd), fetched, newBudget(), suspects);
    expect(summary(await take(damaged()))).toEqual(before);
    expect(summary(await take(oddBatch()))).toEqual([...before, 'odd-0 at 2', 'odd-1 at 3', 'odd-2 at 4', ...after]);
    expect(summary(await take(damaged()))).toEqual([...before, wholeOddBatch, ...after]);
  });

  it('is passed after three fetches with different damage', async () => {
    const suspects = createSuspects();
    const kinds = [1, 2, 4].map((bit) => {
      const batch = oddBatch();
      batch[batch.length - 3]! ^= bit;
      return batch;
    });
    const counts = [];
    for (const kind of kinds)
      counts.push((await decodePartition(kind, { ...fetched, fetchOffset: 2n }, newBudget(), suspects)).length);
    expect(counts).toEqual([0, 0, 1]);
  });

  it.each([
    { what: 'has an unknown compression', odd: oddBatch({ attributes: 5 }), code: 'invalid-event' },
    { what: 'is not in its compression', odd: oddBatch({ attributes: 4 }), code: 'invalid-event' },
    { what: 'names too many records', odd: oddBatch({ count: 500_001, lastOffsetDelta: 2 }), code: 'too-large' },
  ])('is passed as a whole when it $what', async ({ odd, code }) => {
    expect(summary(await decode(amid(odd)))).toEqual([...before, { ...wholeOddBatch, code }, ...after]);
  });

  it('hands on no offset twice, and none that is not of the batch', async () => {
    const record = (offsetDelta: number) => rawRecord(`odd-${offsetDelta}`, value, [], offsetDelta);
    for (const third of [0, 1, 7]) {
      const odd = rawBatch(Buffer.concat([record(0), record(1), record(third)]), { baseOffset: 2n, count: 3 });
      const rest = { ...wholeOddBatch, from: 4n };
      expect(summary(await decode(amid(odd)))).toEqual([...before, 'odd-0 at 2', 'odd-1 at 3', rest, ...after]);
    }
  });

  it('hands on the records before the first malformed one', async () => {
    const records = Buffer.concat([recordsOf('odd', 2), Buffer.from([20, 0, 0])]);
    const odd = rawBatch(records, { baseOffset: 2n, count: 3 });
    const rest = { ...wholeOddBatch, from: 4n };
    expect(summary(await decode(amid(odd)))).toEqual([...before, 'odd-0 at 2', 'odd-1 at 3', rest, ...after]);
  });

  it('is passed when its format is unknown', async () => {
    const odd = oddBatch();
    odd.writeInt8(9, 16);
    expect(summary(await decode(amid(odd)))).toEqual([...before, wholeOddBatch, ...after]);
  });

  it('stays in its aborted transaction when only its records are malformed', async () => {
    const [record] = await decode(rawBatch(Buffer.from([20]), { count: 1, attributes: 16, producerId: 9n }));
    expect(record?.batchContext).toEqual({ producerId: '9', inTransaction: true });
  });

  it('passes no good record when the damage is in its last offset', async () => {
    const odd = oddBatch();
    odd.writeInt32BE(100, 23);
    expect(summary(await decode(amid(odd)))).toEqual([...before, wholeOddBatch, ...after]);
    // The next batch is not in the fetch: one offset is passed, and the batch comes again.
    expect(summary(await decode(odd, { fetchOffset: 3n }))).toEqual([{ ...wholeOddBatch, from: 3n, to: 3n, at: 3n }]);
  });

  it('ends at its own last offset when nothing follows it', async () => {
    expect(summary(await decode(damaged(), { fetchOffset: 2n, highWatermark: 5n }))).toEqual([wholeOddBatch]);
  });

  it('passes one offset when not even its length makes sense', async () => {
    const odd = oddBatch();
    odd.writeInt32BE(-5, 8);
    expect(summary(await decode(amid(odd)))).toEqual([...before, { ...wholeOddBatch, to: 2n, at: 2n }]);
    expect(summary(await decode(odd, { fetchOffset: 2n }))).toEqual([{ ...wholeOddBatch, to: 2n, at: 2n }]);
  });

  it('ends an aborted transaction when it may be the marker of its end', async () => {
    const marker = withChecksum(oddBatch({ attributes: 48, producerId: 9n }));
    marker[marker.length - 1]! ^= 1;
    const [record] = await decode(marker, { fetchOffset: 2n });
    expect([record?.key, record?.isControlRecord, record?.batchContext]).toEqual([
      Buffer.alloc(4),
      false,
      { producerId: '9', inTransaction: false },
    ]);
  });
});
