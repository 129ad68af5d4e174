/** CRC-32C (Castagnoli), with its bits reversed. */
const polynomial = 0x82f63b78;

/** Eight tables of 256 entries: table k has the checksum of a byte that k zeros follow. */
const tables = new Int32Array(8 * 256);
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial;
  tables[byte] = crc;
}
for (let index = 256; index < tables.length; index += 1) {
  const shorter = tables[index - 256]!;
  tables[index] = tables[shorter & 0xff]! ^ (shorter >>> 8);
}

/** Returns the checksum that a record batch has (unsigned). It takes eight bytes at a time. */
export function crc32c(bytes: Uint8Array): number {
  const [t, b] = [tables, bytes];
  const whole = b.length - (b.length % 8);
  let crc = -1;
  let at = 0;
  for (; at < whole; at += 8) {
    crc ^= b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24);
    crc =
      t[1792 + (crc & 0xff)]! ^
      t[1536 + ((crc >>> 8) & 0xff)]! ^
      t[1280 + ((crc >>> 16) & 0xff)]! ^
      t[1024 + (crc >>> 24)]! ^
      t[768 + b[at + 4]!]! ^
      t[512 + b[at + 5]!]! ^
      t[256 + b[at + 6]!]! ^
      t[b[at + 7]!]!;
  }
  for (; at < b.length; at += 1) crc = t[(crc ^ b[at]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
