import { ProblemError } from '../problems/problem.js';
import { Pace } from './pace.js';
import type { RequestBody } from './request-body.js';
import type { BodyReadOptions } from './whole-body.js';

export interface LinesOptions extends BodyReadOptions {
  /** Upper bound of one line (bytes). */
  readonly limitBytes: number;
  /** Most lines that are yielded together. */
  readonly batch: number;
  /** Upper bound of blank lines beyond half of all lines. */
  readonly blankLines: number;
}

export interface BodyLine {
  /** Number of the line, from 1, blank lines included. */
  readonly number: number;
  readonly text: string;
}

/**
 * Yields the lines of a body while it arrives. It yields complete lines at once, and reads nothing ahead of the caller.
 * Lines end in LF or CRLF; blank lines are skipped. Only a line that is not blank counts as progress. Throws
 * `line-too-long`, `malformed-json` for bytes that are not UTF-8, `invalid-request` for a body of mostly blank lines,
 * `request-timeout`, and `ClientGoneError` when the body ends early.
 */
export async function* readBodyLines(body: RequestBody, options: LinesOptions): AsyncGenerator<readonly BodyLine[]> {
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
/** Bytes that are scanned in one turn of the event loop when they have few lines. */
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

  /** Appends bytes to those of the incomplete line. */
  push(piece: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    this.#at = 0;
  }

  /** Takes at most `count` lines. `isAll`: no further line ends in the pushed bytes. */
  take(count: number): { readonly lines: readonly BodyLine[]; readonly isAll: boolean } {
    const lines: BodyLine[] = [];
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

  /** The text after the last line feed. */
  last(): BodyLine | undefined {
    return this.#at === this.#bytes.length ? undefined : this.#line(this.#bytes.length)[0];
  }

  #requireShort(length: number): void {
    if (length > this.#limits.limitBytes) throw tooLong(this.#number + 1, this.#limits.limitBytes);
  }

  /** Decodes a line; empty for a blank line. */
  #line(end: number): readonly BodyLine[] {
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
        { code: 'malformed-json', detail, remedy: 'Send one JSON document per line, in UTF-8.' },
        { cause },
      );
    }
  }
}

function tooLong(number: number, limitBytes: number): ProblemError {
  return new ProblemError({
    code: 'line-too-long',
    detail: `Line ${number} is longer than ${limitBytes} bytes.`,
    remedy: 'Send one JSON document per line, and a line feed after each.',
  });
}

function tooManyBlank(blank: number, number: number): ProblemError {
  return new ProblemError({
    code: 'invalid-request',
    detail: `${blank} of the first ${number} lines are blank.`,
    remedy: 'Send one JSON document per line, and leave out blank lines.',
  });
}
