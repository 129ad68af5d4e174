/**
 * Returns the bytes of the floats. The result shares their memory. The byte order is that of the machine, which is
 * little endian on every platform of Node today.
 */
export function bytesOfFloats(floats: Float32Array): Buffer {
  return Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength);
}

/**
 * Returns the floats in `bytes`, whose length must be a multiple of 4. The result shares memory if `bytes` is aligned.
 */
export function floatsOfBytes(bytes: Uint8Array): Float32Array {
  // not slice(): on a Buffer it returns a view
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}
