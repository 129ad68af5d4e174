import { OffsetTracker } from '../../../primitives/offset-tracker.js';

export interface CommittableOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/**
 * Offsets of the partitions that a consumer has between two rebalances. After a rebalance, the consumer reads from the
 * committed offsets again. Each rebalance begins a new assignment, because unfinished records are redelivered.
 */
export class Assignment {
  readonly #trackers = new Map<
    string,
    { readonly topic: string; readonly partition: number; readonly tracker: OffsetTracker }
  >();

  /** Accepts a record, and returns the function that marks it as finished. */
  accept(topic: string, partition: number, offset: bigint): () => void {
    const key = `${topic}/${partition}`;
    const known = this.#trackers.get(key) ?? { topic, partition, tracker: new OffsetTracker() };
    this.#trackers.set(key, known);
    return known.tracker.accept(offset);
  }

  committable(): CommittableOffset[] {
    return [...this.#trackers.values()].flatMap(({ topic, partition, tracker }) => {
      const offset = tracker.next();
      return offset === undefined ? [] : [{ topic, partition, offset: String(offset) }];
    });
  }

  committed(offsets: readonly CommittableOffset[]): void {
    for (const { topic, partition, offset } of offsets) {
      this.#trackers.get(`${topic}/${partition}`)?.tracker.committed(BigInt(offset));
    }
  }

  get pending(): number {
    let pending = 0;
    for (const { tracker } of this.#trackers.values()) pending += tracker.pending;
    return pending;
  }
}
