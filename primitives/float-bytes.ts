/** The bytes of floats, in the order of this machine: little endian on all that Node runs on today. Shares memory. */
export function bytesOfFloats(floats: Float32Array): Buffer {
  return Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
}

/** Floats from a whole number of four bytes. Shares memory where the bytes are aligned. */
export function floatsOfBytes(bytes: Uint8Array): Float32Array {
  // not slice(), which copies nothing of a Buffer
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}
