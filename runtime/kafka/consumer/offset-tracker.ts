/**
 * Tracks the offset of one partition that may be committed while its records are processed concurrently. It is the
 * offset after the last record of the unbroken run of finished records.
 */
export class OffsetTracker {
  readonly #open: { readonly next: bigint; done: boolean }[] = [];
  #end = -1n;
  #committable: bigint | undefined;
  #committed: bigint | undefined;

  /**
   * Accepts a record and returns the function that marks it as finished. Offsets must rise; gaps from compaction or
   * transactions are fine.
   *
   * @param next offset to commit after the record; higher than `offset + 1` when no record follows it directly
   */
  accept(offset: bigint, next = offset + 1n): () => void {
    if (offset < this.#end) throw new Error(`offset ${offset} follows ${this.#end - 1n}`);
    const entry = { next, done: false };
    this.#open.push(entry);
    this.#end = next;
    return () => {
      entry.done = true;
      while (this.#open[0]?.done) this.#committable = this.#open.shift()?.next;
    };
  }

  /** Accepted records that are not yet committable. */
  get pending(): number {
    return this.#open.length;
  }

  /** Returns the offset to commit, or undefined when it has not advanced. */
  next(): bigint | undefined {
    return this.#committable === this.#committed ? undefined : this.#committable;
  }

  committed(offset: bigint): void {
    this.#committed = offset;
  }
}
