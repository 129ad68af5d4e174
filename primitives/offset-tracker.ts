/**
 * Tracks the offset of one partition that may be committed while its records are processed concurrently. It is the
 * offset after the last record of the unbroken run of finished records.
 */
export class OffsetTracker {
  readonly #open: { readonly offset: bigint; done: boolean }[] = [];
  #committable: bigint | undefined;
  #committed: bigint | undefined;

  /**
   * Accepts a record and returns the function that marks it as finished. Offsets must rise; gaps from compaction or
   * transactions are fine.
   */
  accept(offset: bigint): () => void {
    const last = this.#open.at(-1);
    if (last && offset <= last.offset) throw new Error(`offset ${offset} follows ${last.offset}`);
    const entry = { offset, done: false };
    this.#open.push(entry);
    return () => {
      entry.done = true;
      while (this.#open[0]?.done) {
        const first = this.#open.shift();
        if (first) this.#committable = first.offset + 1n;
      }
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
