import { isFinished, positionOf, type Position, type Run } from './position.js';

/** A record that was accepted. */
export interface Place {
  readonly offset: bigint;
  /** Offset at which reading continues behind it. */
  readonly next: bigint;
}

/**
 * Tracks which records of one partition are finished, while they are processed concurrently. A record is finished once
 * a transaction has committed its outputs.
 */
export class Progress {
  /** Accepted records from the first unfinished one on, in order. */
  #open: { readonly place: Place; finished: boolean }[] = [];
  #committed: Position | undefined;

  get committed(): Position | undefined {
    return this.#committed;
  }

  /** Takes the committed position over. Null: the group has none. */
  begin(committed: Position | null): void {
    this.#committed = committed ?? undefined;
    for (const entry of this.#open) entry.finished ||= this.isFinished(entry.place.offset);
  }

  /** Accepts a record. Offsets must rise. */
  accept(place: Place): void {
    this.#open.push({ place, finished: this.isFinished(place.offset) });
  }

  /** Whether records are finished that the committed position does not have, such as markers of transactions. */
  get isAhead(): boolean {
    return this.#committed !== undefined && this.positionWith(new Set()).offset > this.#committed.offset;
  }

  isFinished(offset: bigint): boolean {
    return this.#committed !== undefined && isFinished(this.#committed, offset);
  }

  /** Returns the position once these records are finished too. */
  positionWith(places: ReadonlySet<Place>): Position {
    const isDone = (entry: { readonly place: Place; readonly finished: boolean }) =>
      entry.finished || places.has(entry.place);
    const runs: Run[] = [];
    let extending = false;
    for (const entry of this.#open) {
      const { offset: first, next } = entry.place;
      const before = runs.at(-1);
      if (!isDone(entry)) extending = false;
      // No record lies between two that follow each other here, whatever their offsets.
      else if (extending && before) runs[runs.length - 1] = { first: before.first, last: next - 1n };
      else {
        runs.push({ first, last: next - 1n });
        extending = true;
      }
    }
    // Reading began at the committed offset, so that no record lies between it and the first one here.
    const [start = 0n, other = start] = [this.#committed?.offset, this.#open[0]?.place.offset].filter(
      (offset) => offset !== undefined,
    );
    return positionOf(start > other ? start : other, [...(this.#committed?.runs ?? []), ...runs]);
  }

  /** Marks the records as finished, once the position is committed. */
  finish(places: ReadonlySet<Place>, committed: Position): void {
    this.#committed = committed;
    for (const entry of this.#open) entry.finished ||= places.has(entry.place);
    const firstUnfinished = this.#open.findIndex(({ finished }) => !finished);
    this.#open = firstUnfinished < 0 ? [] : this.#open.slice(firstUnfinished);
  }
}
