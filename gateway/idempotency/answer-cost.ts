/** Bytes of an entry besides its name and its text: objects, expiry, member of a list. Measured with Redis 6.2. */
const bookKeepingBytes = 256;

/** Bytes in Redis of an entry and its bookkeeping. */
export function entryBytes(name: string, text: Buffer): number {
  return allocated(Buffer.byteLength(name)) + allocated(text.length) + bookKeepingBytes;
}

/** Bytes in Redis of a client's own lists, and of its members in shared lists. */
export function listBytes(client: string): number {
  return 256 + 5 * client.length;
}

/** Length fields and the closing zero of a string in Redis. */
const stringHeaderBytes = 10;

/** Bytes of the block that holds a string: jemalloc has four sizes between two powers of two. */
function allocated(length: number): number {
  const wanted = length + stringHeaderBytes;
  const step = Math.max(16, 2 ** (Math.ceil(Math.log2(wanted)) - 3));
  return Math.ceil(wanted / step) * step;
}
