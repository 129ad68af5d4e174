import type { Message } from '../runtime/records/message.js';
import { coordinates } from '../runtime/records/message.js';
import { originOf } from '../runtime/records/origin.js';
import { deadLetterFrom, isOfSink, replayedBy } from './dead-letters.js';

/** Facts about an origin, as bits of one number: a map of numbers stays small for a few million origins. */
const bits = {
  input: 1,
  lateInput: 2,
  result: 4,
  tagged: 8,
  dead: 16,
  inFlight: 32,
  passedOver: 64,
  cancelled: 128,
} as const;
const accounted = bits.tagged | bits.dead | bits.inFlight | bits.cancelled;

export interface LedgerCounts {
  readonly inputs: { readonly records: number; readonly distinct: number };
  /** Inputs that are tagged. */
  readonly tagged: number;
  /** Records on `image-tags` beyond the first of each origin. */
  readonly repeats: number;
  /** Inputs that are not tagged and have a dead letter that was not replayed. */
  readonly dead: number;
  /** Inputs that are neither, and were skipped because their job was cancelled. */
  readonly cancelled: number;
  /** Inputs that are none of these, and are in a queue. */
  readonly inFlight: number;
  /** Origins with a result but without an input. */
  readonly unexpected: number;
}

/**
 * The accounts of one lane, by origin: the id of the listing-image event that records descend from. Each input is
 * settled once, in the state in which it was found; later records do not change it.
 */
export class AuditLedger {
  readonly #known = new Map<string, number>();
  readonly #letters = new Map<string, { readonly origin: string; readonly stage: string }>();
  readonly #replayed = new Set<string>();
  #missing: Set<string> | undefined;
  #inputRecords = 0;
  #resultRecords = 0;

  /** Enters a record of `listing-images`. Retried and replayed records come again with the same origin. */
  input(message: Message): void {
    this.#inputRecords += 1;
    this.#mark(message, bits.input);
  }

  /** Enters an input that came after the audit began: it is not audited, but its result is not unexpected. */
  lateInput(message: Message): void {
    this.#mark(message, bits.lateInput);
  }

  /** Enters a record of `image-tags`. */
  result(message: Message): void {
    this.#resultRecords += 1;
    this.#mark(message, bits.result);
  }

  /** Enters a record of `cancelled-images`. */
  cancelled(message: Message): void {
    this.#mark(message, bits.passedOver);
  }

  /** Enters a record of `dead-letters`: a letter or a replay marker. */
  deadLetter(message: Message): void {
    const hidden = replayedBy(message);
    if (hidden !== undefined) this.#replayed.add(hidden);
    const letter = deadLetterFrom(message);
    if (letter) this.#letters.set(coordinates(message), { origin: compact(letter.origin), stage: letter.stage });
  }

  /** Settles the inputs that are tagged, dead-lettered or cancelled by now. Called after all inputs were entered. */
  settle(): void {
    const dead = new Set<string>();
    for (const [id, letter] of this.#letters) {
      if (!isOfSink(letter) && !this.#replayed.has(id)) dead.add(letter.origin);
    }
    const missing = new Set<string>();
    for (const origin of this.#missing ?? this.#known.keys()) {
      const state = this.#known.get(origin) ?? 0;
      if ((state & bits.input) === 0 || (state & accounted) !== 0) continue;
      if ((state & bits.result) !== 0) this.#known.set(origin, state | bits.tagged);
      else if (dead.has(origin)) this.#known.set(origin, state | bits.dead);
      else if ((state & bits.passedOver) !== 0) this.#known.set(origin, state | bits.cancelled);
      else missing.add(origin);
    }
    this.#missing = missing;
  }

  /** Enters a record of a queue that its group has not committed. Settles the input unless it is already settled. */
  inFlight(message: Message): void {
    const origin = compact(originOf(message));
    if (this.#missing?.delete(origin)) this.#known.set(origin, (this.#known.get(origin) ?? 0) | bits.inFlight);
  }

  /** Number of inputs that are not settled. */
  get missing(): number {
    return this.#missing?.size ?? 0;
  }

  isMissing(message: Message): boolean {
    return this.#missing?.has(compact(originOf(message))) ?? false;
  }

  /** Number of dead letters of each sink that were not replayed, by the sink's stage name. */
  refusedBySink(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const [id, letter] of this.#letters) {
      if (isOfSink(letter) && !this.#replayed.has(id)) counts.set(letter.stage, (counts.get(letter.stage) ?? 0) + 1);
    }
    return counts;
  }

  counts(): LedgerCounts {
    const count = (having: number, lacking = 0) => {
      let found = 0;
      for (const state of this.#known.values()) if ((state & having) === having && (state & lacking) === 0) found += 1;
      return found;
    };
    return {
      inputs: { records: this.#inputRecords, distinct: count(bits.input) },
      tagged: count(bits.tagged),
      repeats: this.#resultRecords - count(bits.result),
      dead: count(bits.dead),
      cancelled: count(bits.cancelled),
      inFlight: count(bits.inFlight),
      unexpected: count(bits.result, bits.input | bits.lateInput),
    };
  }

  #mark(message: Message, bit: number): void {
    const origin = compact(originOf(message));
    this.#known.set(origin, (this.#known.get(origin) ?? 0) | bit);
  }
}

/** Packs 32 hex digits into 16 one-byte characters; prefixes other ids with a character that packed ids never have. */
function compact(origin: string): string {
  return /^[0-9a-f]{32}$/.test(origin) ? Buffer.from(origin, 'hex').toString('latin1') : `\u0100${origin}`;
}
