import { Decompress as Decompressor } from 'fzstd';
import { tooLargeBatch, type Decompress } from './decompression.js';

/** Largest window that zstd uses unless it is told otherwise, at its highest level. The decoder allocates it. */
const maxWindowBytes = 128 * 2 ** 20;

/**
 * Upper bound of the bytes that the decoder moves, because it shifts its whole window after each block. A batch of
 * 128 MiB with the usual window of 2 MiB needs half of it.
 */
const maxMovedBytes = 4 * 2 ** 30;

/** Decompresses block by block, because the header of a frame may declare any size. */
export const decompressZstd: Decompress = async function decompressZstd(bytes, most) {
  const frame = readFrame(bytes);
  if (frame.windowBytes > maxWindowBytes || frame.windowBytes * frame.blocks > maxMovedBytes) throw tooLargeBatch(most);
  const blocks: Uint8Array[] = [];
  let length = 0;
  new Decompressor((block) => {
    length += block.length;
    if (length > most) throw tooLargeBatch(most);
    blocks.push(block);
  }).push(bytes, true);
  return Buffer.concat(blocks, length);
};

const magicBytes = 4;
const blockHeaderBytes = 3;
const checksumBytes = 4;
/** A block that repeats a single byte. */
const repeated = 1;

/** Reads the window and the number of blocks (RFC 8878). Throws for anything but one whole frame. */
function readFrame(bytes: Buffer): { readonly windowBytes: number; readonly blocks: number } {
  const flags = bytes.readUInt8(magicBytes);
  const isSingleSegment = (flags & 0x20) !== 0;
  const dictionaryIdBytes = [0, 1, 2, 4][flags & 3] as number;
  const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] as number;
  const contentSizeAt = magicBytes + 1 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes;
  const windowBytes = isSingleSegment
    ? readSize(bytes, contentSizeAt, contentSizeBytes)
    : declaredWindow(bytes.readUInt8(magicBytes + 1));
  let at = contentSizeAt + contentSizeBytes;
  for (let blocks = 1; ; blocks += 1) {
    const header = bytes.readUIntLE(at, blockHeaderBytes);
    at += blockHeaderBytes + (((header >> 1) & 3) === repeated ? 1 : header >> 3);
    if ((header & 1) === 0) continue;
    if (at + ((flags & 4) === 0 ? 0 : checksumBytes) !== bytes.length)
      throw new Error('the bytes are not one whole zstd frame');
    return { windowBytes, blocks };
  }
}

function declaredWindow(descriptor: number): number {
  return 2 ** (10 + (descriptor >> 3)) * (1 + (descriptor & 7) / 8);
}

function readSize(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  // Two bytes begin at 256.
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}
