import { expect, it } from 'vitest';
import { decodeOldMessages } from '../../../../runtime/kafka/decoding/message-sets.js';

/** A record of format 1. */
function oldEntry(offset: bigint, key: string, attributes = 0): Buffer {
  const name = Buffer.from(key);
  const head = Buffer.alloc(30);
  head.writeBigInt64BE(offset, 0);
  head.writeInt32BE(18 + name.length + 4, 8);
  head.writeInt8(1, 16);
  head.writeInt8(attributes, 17);
  head.writeBigInt64BE(1_000n, 18);
  head.writeInt32BE(name.length, 26);
  return Buffer.concat([head, name, Buffer.from([0xff, 0xff, 0xff, 0xff])]);
}

it('a record of a format from before Kafka 0.11 is read', async () => {
  expect(await decodeOldMessages(oldEntry(7n, 'old'))).toMatchObject([
    { offset: '7', key: Buffer.from('old'), value: null, timestamp: '1000', isControlRecord: false },
  ]);
});

it('a damaged record of a format from before Kafka 0.11 is passed', async () => {
  // It says that it is compressed with gzip.
  expect(await decodeOldMessages(oldEntry(7n, 'old', 1))).toMatchObject([
    { offset: '7', unreadable: { firstOffset: 7n, lastOffset: 7n, code: 'invalid-event' } },
  ]);
});
