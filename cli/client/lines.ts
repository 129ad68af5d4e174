export interface Line {
  /** Line number, from 1. */
  readonly number: number;
  readonly text: string;
}

/** Upper bound of a line (characters). Longer lines are cut, so that a file without line breaks cannot fill memory. */
export const longestLine = 2 * 2 ** 20;

/** Yields the lines of a UTF-8 stream, without line ends (LF or CRLF) and without a byte order mark. */
export async function* readLines(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let number = 0;
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split('\n');
    const last = parts.pop() ?? '';
    for (const part of parts) {
      number += 1;
      yield { number, text: withoutReturn(rest + part) };
      rest = '';
    }
    rest = (rest + last).slice(0, longestLine);
  }
  rest += decoder.decode();
  if (rest !== '') yield { number: number + 1, text: withoutReturn(rest) };
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
