/**
 * Which offset of one partition may be committed while its records are worked on concurrently: the one after the last
 * record of the unbroken run of finished records.
 */
export class OffsetTracker {
  readonly #open: { readonly offset: bigint; done: boolean }[] = [];
  #committable: bigint | undefined;
  #committed: bigint | undefined;

  /** Accepts a record; offsets must rise (gaps from compaction or transactions are fine). Returns its completion. */
  accept(offset: bigint): () => void {
    const last = this.#open.at(-1);
    if (last && offset <= last.offset) throw new Error(`offset ${offset} after ${last.offset}`);
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

  /** Records accepted and not yet committable. */
  get pending(): number {
    return this.#open.length;
  }

  /** The offset to commit, or undefined when nothing new is finished. */
  next(): bigint | undefined {
    return this.#committable === this.#committed ? undefined : this.#committable;
  }

  committed(offset: bigint): void {
    this.#committed = offset;
  }
}
