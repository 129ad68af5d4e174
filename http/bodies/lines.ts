import { ProblemError } from '../problems/problem.js';
import { Pace } from './pace.js';
import type { RequestBody } from './request-body.js';
import type { Reading } from './whole-body.js';

export interface LinesOptions extends Reading {
  /** Of one line. */
  readonly limitBytes: number;
  /** Lines that are handed on together. */
  readonly batch: number;
  /** Blank lines beyond those that stand behind each other line. */
  readonly blankLines: number;
}

export interface Line {
  /** From 1, blank lines included. */
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a body while it arrives: what has come is handed on without waiting for more, and nothing is read ahead
 * of the caller. Lines end in LF or CRLF; blank ones are left out. Progress is a line that is not blank, not a byte.
 * Throws `line-too-long`, `malformed-json` for what is not UTF-8, `invalid-request` for a body that is mostly blank
 * lines, `request-timeout`, and `ClientGoneError` when the body ends early.
 */
export async function* readLines(body: RequestBody, options: LinesOptions): AsyncGenerator<readonly Line[]> {
  const { clock, turns, pace: limits, batch } = options;
  const pace = new Pace(clock, limits);
  const splitter = new LineSplitter(options);
  let received = 0;
  for await (const piece of body.pieces(pace)) {
    splitter.push(piece);
    for (let more = true; more;) {
      const { lines, isAll } = await turns.run(received, () => splitter.take(batch));
      more = !isAll;
      if (lines.length === 0) continue;
      pace.progressed();
      yield lines;
    }
    received += piece.length;
  }
  const last = splitter.last();
  if (last !== undefined) yield [last];
}

const newline = 0x0a;
/** Bytes that are looked through in one turn of the event loop when few of them are lines. */
const bytesPerTurn = 64 * 1024;

class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  readonly #limits: Pick<LinesOptions, 'limitBytes' | 'blankLines'>;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #number = 0;
  #blank = 0;

  constructor(limits: Pick<LinesOptions, 'limitBytes' | 'blankLines'>) {
    this.#limits = limits;
  }

  /** Adds bytes behind those of the line that has not ended. */
  push(piece: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    this.#at = 0;
  }

  /** At most `count` lines; `isAll`: no further line ends in what was pushed. */
  take(count: number): { readonly lines: readonly Line[]; readonly isAll: boolean } {
    const lines: Line[] = [];
    const stop = this.#at + bytesPerTurn;
    while (lines.length < count && this.#at < stop) {
      const end = this.#bytes.indexOf(newline, this.#at);
      this.#requireShort((end < 0 ? this.#bytes.length : end) - this.#at);
      if (end < 0) return { lines, isAll: true };
      lines.push(...this.#line(end));
      this.#at = end + 1;
    }
    return { lines, isAll: false };
  }

  /** What stands behind the last line feed. */
  last(): Line | undefined {
    return this.#at === this.#bytes.length ? undefined : this.#line(this.#bytes.length)[0];
  }

  #requireShort(length: number): void {
    if (length > this.#limits.limitBytes) throw tooLong(this.#number + 1, this.#limits.limitBytes);
  }

  /** Empty for a blank line. */
  #line(end: number): readonly Line[] {
    this.#number += 1;
    const text = end === this.#at ? '' : this.#decode(this.#bytes.subarray(this.#at, end)).trim();
    if (text !== '') return [{ number: this.#number, text }];
    this.#blank += 1;
    if (this.#blank > this.#limits.blankLines + this.#number / 2) throw tooManyBlank(this.#blank, this.#number);
    return [];
  }

  #decode(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      const detail = `Line ${this.#number} is not UTF-8.`;
      throw new ProblemError(
        { code: 'malformed-json', detail, remedy: 'Send one JSON document a line, in UTF-8.' },
        { cause },
      );
    }
  }
}

function tooLong(number: number, limitBytes: number): ProblemError {
  return new ProblemError({
    code: 'line-too-long',
    detail: `Line ${number} is longer than ${limitBytes} bytes.`,
    remedy: 'Send one JSON document a line, and a line feed behind each.',
  });
}

function tooManyBlank(blank: number, number: number): ProblemError {
  return new ProblemError({
    code: 'invalid-request',
    detail: `${blank} of the first ${number} lines are blank.`,
    remedy: 'Send one JSON document a line, and leave blank lines out.',
  });
}
