/** Reads the fields of records, in order. Throws a `RangeError` at the end of the bytes. */
export class ByteReader {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.#at;
  }

  int8(): number {
    return this.bytes.readInt8(this.#skip(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#skip(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#skip(4));
  }

  int64(): bigint {
    return this.bytes.readBigInt64BE(this.#skip(8));
  }

  /** A zigzag number of up to ten bytes. It is inexact above 2^53. */
  varint(): number {
    let number = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes.readUInt8(this.#skip(1));
      number += (byte & 0x7f) * factor;
      if (byte < 0x80) return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
      if (factor > 2 ** 56) throw new RangeError('a number has more than ten bytes');
    }
  }

  take(length: number): Buffer {
    const start = this.#skip(length);
    return this.bytes.subarray(start, start + length);
  }

  /** Bytes after their length as a varint. A length of -1 is null. */
  varintBytes(): Buffer | null {
    const length = this.varint();
    return length === -1 ? null : this.take(length);
  }

  #skip(length: number): number {
    if (!(length >= 0 && length <= this.left)) throw new RangeError(`${length} bytes are named, of ${this.left} left`);
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
