import type { Group } from '../kafka/group.js';
import type { StoredRecord } from '../kafka/log.js';

/**
 * Bounds the repeated records: what the members of a generation have read beyond their commits, when the next one
 * begins, and records whose acknowledgement was lost. Each of them may be repeated.
 */
export class RepeatBound {
  /** Records that were written and not acknowledged. */
  unacknowledged = 0;
  #allowed = 0;
  readonly #generations = new Map<string, number>();
  /** Ends of the offsets that were read, by group and partition. */
  readonly #read = new Map<string, number>();

  read(group: Group, { topic, partition, offset }: StoredRecord): void {
    const key = `${group.name} ${topic}/${partition}`;
    this.#read.set(key, Math.max(this.#read.get(key) ?? 0, offset + 1));
  }

  /** Call it before each read of a group. */
  beginGeneration(group: Pick<Group, 'name' | 'committed'>, generation: number): void {
    if (this.#generations.get(group.name) === generation) return;
    this.#generations.set(group.name, generation);
    for (const [key, end] of this.#read) {
      if (!key.startsWith(`${group.name} `)) continue;
      const committed = group.committed.get(key.slice(group.name.length + 1)) ?? 0;
      this.#allowed += Math.max(0, end - committed);
      this.#read.set(key, committed);
    }
  }

  /** A worker reads that does not know yet that it has lost its session. The new owner reads these records too. */
  readOutside(records: number): void {
    this.#allowed += records;
  }

  get allowed(): number {
    return this.#allowed + this.unacknowledged;
  }
}
