import { uncompress } from 'snappy';
import { tooLargeBatch, type Decompress } from './decompression.js';

/** Magic bytes of the framing by snappy-java (xerial), which Java producers write. librdkafka writes one raw block. */
const xerialMagic = Buffer.from('\x82SNAPPY\0', 'latin1');
/** The magic bytes, a version and the oldest compatible version. */
const xerialHeaderBytes = xerialMagic.length + 8;
const lengthBytes = 4;

export const decompressSnappy: Decompress = async function decompressSnappy(bytes, most) {
  const blocks = blocksOf(bytes);
  const total = blocks.reduce((sum, block) => sum + declaredLength(block), 0);
  if (total > most) throw tooLargeBatch(most);
  const parts: Buffer[] = [];
  for (const block of blocks) parts.push((await uncompress(block, { asBuffer: true })) as Buffer);
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
};

function blocksOf(bytes: Buffer): readonly Buffer[] {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return [bytes];
  const blocks: Buffer[] = [];
  for (let at = xerialHeaderBytes; at < bytes.length;) {
    const start = at + lengthBytes;
    at = start + bytes.readUInt32BE(at);
    if (at > bytes.length) throw new Error('the last block of the snappy stream is incomplete');
    blocks.push(bytes.subarray(start, at));
  }
  return blocks;
}

/** Reads the length of the output, a varint at the start of a block. The decoder writes no more than that. */
function declaredLength(block: Buffer): number {
  let length = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = block[index] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return length;
  }
  throw new Error('the snappy block does not begin with a length');
}
