import { setMaxListeners } from 'node:events';
import { OffsetTracker } from './offset-tracker.js';
import type { RecordCoordinates } from '../../records/message.js';

export interface CommittableOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/**
 * Partitions that a consumer has between two rebalances: their offsets, and the signal of all work on their records.
 * The eager protocol of kafkajs revokes all partitions at each rebalance. The consumer then reads from the committed
 * offsets again, also in partitions that it gets back, so that no work of the former assignment may go on.
 */
export class Assignment {
  readonly #work = new AbortController();
  readonly #trackers = new Map<
    string,
    { readonly topic: string; readonly partition: number; readonly tracker: OffsetTracker }
  >();

  constructor() {
    setMaxListeners(0, this.#work.signal); // each record in flight may listen
  }

  /** Aborts when the partitions are revoked. */
  get signal(): AbortSignal {
    return this.#work.signal;
  }

  get revoked(): boolean {
    return this.#work.signal.aborted;
  }

  /** Aborts all work. Records that finish later do not become committable. */
  revoke(reason: string): void {
    this.#work.abort(new Error(reason));
  }

  /**
   * Accepts a record, and returns the function that marks it as finished.
   *
   * @param next offset to commit after it
   */
  accept({ topic, partition, offset }: RecordCoordinates, next: bigint): () => void {
    const done = this.#trackerOf(topic, partition).accept(offset, next);
    return () => {
      if (!this.revoked) done();
    };
  }

  /** Passes offsets that have no record: the next record has at least the offset `next`. */
  skip(topic: string, partition: number, next: bigint): void {
    if (!this.revoked) this.#trackerOf(topic, partition).accept(next - 1n)();
  }

  #trackerOf(topic: string, partition: number): OffsetTracker {
    const key = `${topic}/${partition}`;
    const known = this.#trackers.get(key) ?? { topic, partition, tracker: new OffsetTracker() };
    this.#trackers.set(key, known);
    return known.tracker;
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
