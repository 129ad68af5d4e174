/** Returns a zstd frame (RFC 8878) with one uncompressed block, because no zstd compressor is installed on Node 20. */
export function storedZstd(bytes: Buffer): Buffer {
  const header = Buffer.from('28b52ffda000000000', 'hex'); // a single segment, with its size in four bytes
  header.writeUInt32LE(bytes.length, 5);
  const block = Buffer.alloc(3);
  block.writeUIntLE(bytes.length * 8 + 1, 0, 3); // the last block, of type 0 (raw)
  return Buffer.concat([header, block, bytes]);
}

const maxBlockBytes = 128 * 2 ** 10;
/** Types of blocks. */
const [raw, repeated] = [0, 1];

/** Returns a zstd frame of these bytes and this number of zeros. A megabyte of zeros takes 32 bytes. */
export function zstdWithZeros(bytes: Buffer, zeros: number): Buffer {
  const blocks = [blockHeader(raw, bytes.length), bytes];
  for (let left = zeros; left > 0; left -= maxBlockBytes)
    blocks.push(blockHeader(repeated, Math.min(left, maxBlockBytes), left <= maxBlockBytes), Buffer.from([0]));
  return Buffer.concat([Buffer.from('28b52ffd0038', 'hex'), ...blocks]); // a window of 128 KiB
}

function blockHeader(type: number, length: number, isLast = false): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE(length * 8 + type * 2 + Number(isLast), 0, 3);
  return header;
}
