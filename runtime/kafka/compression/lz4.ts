import { decompressFrame } from 'lz4-napi';
import { tooLargeBatch, type Decompress } from './decompression.js';

const magicBytes = 4;
const [contentSizeFlag, blockChecksumFlag] = [0x08, 0x10];
const contentSizeBytes = 8;
const checksumBytes = 4;
const uncompressedFlag = 0x8000_0000;
/** The format expands a byte to at most 255 bytes. */
const maxRatio = 255;

export const decompressLz4: Decompress = async function decompressLz4(bytes, most) {
  if (outputBound(bytes) > most) throw tooLargeBatch(most);
  return decompressFrame(bytes);
};

/** Returns an upper bound of the output of an LZ4 frame, from the sizes of its blocks. The decoder has no bound. */
function outputBound(bytes: Buffer): number {
  const flags = bytes.readUInt8(magicBytes);
  // Code 4 is 64 KiB, and each further code four times as much.
  const maxBlockBytes = 2 ** (8 + 2 * ((bytes.readUInt8(magicBytes + 1) >> 4) & 7));
  const checksum = (flags & blockChecksumFlag) === 0 ? 0 : checksumBytes;
  let bound = 0;
  // Flags, block size and a checksum of the header follow the magic bytes.
  for (let at = magicBytes + 3 + ((flags & contentSizeFlag) === 0 ? 0 : contentSizeBytes); ;) {
    const size = bytes.readUInt32LE(at);
    if (size === 0) return bound;
    const stored = size % uncompressedFlag;
    bound += size >= uncompressedFlag ? stored : Math.min(maxBlockBytes, maxRatio * stored);
    at += 4 + stored + checksum;
  }
}
