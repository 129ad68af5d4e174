export interface ByteCollectorOptions {
  /** Maximum number of bytes that are kept. */
  readonly limitBytes: number;
  /**
   * Announced length, as a hint; undefined or NaN when unknown. Beyond 1 MiB, memory follows the bytes that arrived.
   */
  readonly expectedBytes?: number | undefined;
}

/** First allocation. It is bounded, because a sender may announce any length and send nothing. */
const firstBytes = 1024 * 1024;
const firstBytesUnannounced = 16 * 1024;

/**
 * Collects chunks into one buffer that grows geometrically. Its memory depends on the bytes only, not on the number of
 * chunks, which the sender chooses. A list of one-byte chunks would take some hundred times the size of the body.
 */
export class ByteCollector {
  readonly #limit: number;
  readonly #expected: number;
  #buffer = Buffer.alloc(0);
  #length = 0;
  #isOver = false;

  constructor({ limitBytes, expectedBytes = 0 }: ByteCollectorOptions) {
    this.#limit = limitBytes;
    this.#expected = expectedBytes > 0 ? Math.min(expectedBytes, limitBytes) : 0;
  }

  /** Bytes collected. */
  get length(): number {
    return this.#length;
  }

  /** Bytes allocated. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** Copies the chunk. Returns false for the chunk that would exceed the limit, and for every later chunk. */
  add(chunk: Uint8Array): boolean {
    const needed = this.#length + chunk.length;
    if (this.#isOver || needed > this.#limit) {
      this.#isOver = true;
      return false;
    }
    if (needed > this.capacity) this.#grow(needed);
    this.#buffer.set(chunk, this.#length);
    this.#length = needed;
    return true;
  }

  /** Returns the bytes: a view when at most an eighth of the capacity is unused, else a copy, which frees the rest. */
  bytes(): Uint8Array {
    const view = this.#buffer.subarray(0, this.#length);
    const isCloseFit = this.capacity - this.#length <= this.capacity / 8;
    return isCloseFit ? view : copyOf(view);
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(this.#nextCapacity(needed));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }

  #nextCapacity(needed: number): number {
    if (this.capacity === 0) {
      const first = this.#expected === 0 ? firstBytesUnannounced : Math.min(this.#expected, firstBytes);
      return Math.min(Math.max(needed, first), this.#limit);
    }
    // A body of exactly the announced length ends with a buffer that fits exactly.
    const most = needed <= this.#expected ? this.#expected : this.#limit;
    return Math.min(Math.max(needed, 2 * this.capacity), most);
  }
}

/** Allocates outside the shared pool of small buffers, because a kept slice would retain the whole pool. */
function copyOf(view: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(view.length);
  copy.set(view);
  return copy;
}
