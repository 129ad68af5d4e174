/** Returns a zstd frame (RFC 8878) with one uncompressed block, because no zstd compressor is installed on Node 20. */
export function storedZstd(bytes: Buffer): Buffer {
  const header = Buffer.from('28b52ffda000000000', 'hex'); // a single segment, with its size in four bytes
  header.writeUInt32LE(bytes.length, 5);
  const block = Buffer.alloc(3);
  block.writeUIntLE(bytes.length * 8 + 1, 0, 3); // the last block, of type 0 (raw)
  return Buffer.concat([header, block, bytes]);
}
