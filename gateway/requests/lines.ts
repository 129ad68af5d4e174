import type { Clock } from '../../primitives/clock.js';
import { ProblemError } from '../problems/problem.js';
import { readChunks } from './chunks.js';

export interface LinesOptions {
  readonly clock: Clock;
  /** Of one line. */
  readonly limitBytes: number;
  /** Lines that are handed on together. */
  readonly batch: number;
  /** How long the client may send nothing, milliseconds. */
  readonly idleMs: number;
}

export interface Line {
  /** From 1, blank lines included. */
  readonly number: number;
  readonly text: string;
}

/**
 * The lines of a body while it arrives: what has come is handed on without waiting for more, and nothing is read ahead of
 * the caller. Lines end in LF or CRLF; blank ones are left out. Throws `line-too-long`, `malformed-json` for what is not
 * UTF-8, `request-timeout`, and `ClientGoneError` when the body ends early.
 */
export async function* readLines(request: Request, { clock, limitBytes, batch, idleMs }: LinesOptions): AsyncGenerator<readonly Line[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let rest: Uint8Array = new Uint8Array();
  const lineOf = (bytes: Uint8Array): Line => {
    number += 1;
    return { number, text: decode(decoder, bytes, number).trim() };
  };
  for await (const chunk of readChunks(request, { clock, idleMs })) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    let lines: Line[] = [];
    for (let end = bytes.indexOf(newline, start); end >= 0; end = bytes.indexOf(newline, start)) {
      if (end - start > limitBytes) throw tooLong(number + 1, limitBytes);
      const line = lineOf(bytes.subarray(start, end));
      start = end + 1;
      if (line.text !== '') lines.push(line);
      if (lines.length < batch) continue;
      yield lines;
      lines = [];
    }
    rest = bytes.subarray(start);
    if (rest.length > limitBytes) throw tooLong(number + 1, limitBytes);
    if (lines.length > 0) yield lines;
  }
  const last = lineOf(rest);
  if (last.text !== '') yield [last];
}

const newline = 0x0a;

function decode(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array, number: number): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProblemError({ code: 'malformed-json', detail: `Line ${number} is not UTF-8.`, remedy: 'Send one JSON document a line, in UTF-8.' });
  }
}

function tooLong(number: number, limitBytes: number): ProblemError {
  return new ProblemError({
    code: 'line-too-long',
    detail: `Line ${number} is longer than ${limitBytes} bytes.`,
    remedy: 'Send one JSON document a line, and a line feed behind each.',
  });
}
