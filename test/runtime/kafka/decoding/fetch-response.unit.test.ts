import Fetch from 'kafkajs/src/protocol/requests/fetch/index.js';
import { expect, it } from 'vitest';
import { decodeFetchResponse } from '../../../../runtime/kafka/decoding/fetch-response.js';

const int16 = (number: number) => Buffer.from([number >> 8, number & 0xff]);
const int32 = (number: number) => Buffer.from([number >> 24, number >> 16, number >> 8, number]);
const int64 = (number: number) => Buffer.concat([int32(0), int32(number)]);
const when = (condition: boolean, ...fields: Buffer[]) => (condition ? fields : []);

/** An answer with two partitions of a topic: one with an aborted transaction and no records, one with other bytes. */
function answer(version: number, records: Buffer): Buffer {
  const partition = (number: number, bytes: Buffer) => [
    ...[int32(number), int16(0), int64(90), int64(80)],
    ...when(version >= 5, int64(10)),
    ...[int32(1), int64(7), int64(70)],
    ...when(version >= 11, int32(-1)),
    ...[int32(bytes.length), bytes],
  ];
  return Buffer.concat([
    int32(55),
    ...when(version >= 7, int16(0), int32(66)),
    ...[int32(1), int16(5), Buffer.from('topic'), int32(2)],
    ...partition(0, Buffer.alloc(0)),
    ...partition(1, records),
  ]);
}

it.each([4, 5, 6, 7, 8, 9, 10, 11])('reads version %s of the answer to a fetch as kafkajs does', async (version) => {
  const { response } = Fetch.protocol({ version })({ topics: [] });
  const unused = () => Promise.reject(new Error('there are no records'));
  const empty = answer(version, Buffer.alloc(0));
  expect(await decodeFetchResponse(empty, version, unused)).toEqual(await response.decode(empty));

  const taken: unknown[] = [];
  await decodeFetchResponse(answer(version, Buffer.from('records')), version, (bytes, fetched) => {
    taken.push({ text: String(bytes), ...fetched });
    return Promise.resolve([]);
  });
  expect(taken).toEqual([{ text: 'records', topic: 'topic', partition: 1, highWatermark: 90n }]);
});
