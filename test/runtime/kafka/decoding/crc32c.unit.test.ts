import kafkajsChecksum from 'kafkajs/src/protocol/recordBatch/crc32C/index.js';
import { expect, it } from 'vitest';
import { crc32c } from '../../../../runtime/kafka/decoding/crc32c.js';

const upTo = (length: number) => Buffer.from(Array.from({ length }, (_, index) => index));

// RFC 3720, appendix B.4, and the usual check value.
it.each([
  { bytes: Buffer.from('123456789'), checksum: 0xe306_9283 },
  { bytes: Buffer.alloc(32), checksum: 0x8a91_36aa },
  { bytes: Buffer.alloc(32, 0xff), checksum: 0x62a8_ab43 },
  { bytes: upTo(32), checksum: 0x46dd_794e },
  { bytes: upTo(32).reverse(), checksum: 0x113f_db5c },
  { bytes: Buffer.alloc(0), checksum: 0 },
])('gives the published checksum of $bytes', ({ bytes, checksum }) => {
  expect(crc32c(bytes)).toBe(checksum);
});

it('agrees with kafkajs at every length', () => {
  for (let length = 0; length < 100; length += 1) expect(crc32c(upTo(length))).toBe(kafkajsChecksum(upTo(length)));
});
