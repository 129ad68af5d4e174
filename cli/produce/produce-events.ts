import type { ListingImage } from '../../schemas/events.js';
import type { ParsedLine } from './event-line.js';
import type { Line } from '../client/read-lines.js';

export interface ProduceOptions {
  readonly lines: AsyncIterable<Line>;
  readonly parse: (line: Line) => ParsedLine;
  /** Resolves when all are acknowledged. */
  readonly send: (events: readonly ListingImage[]) => Promise<void>;
  /** Stop at the first invalid line; lines before it are sent. */
  readonly strict: boolean;
  readonly signal: AbortSignal;
  readonly onInvalid: (line: number, problems: readonly string[]) => void;
  readonly onSent?: (sent: number) => void;
}

export interface ProduceSummary {
  /** Lines read that are not blank. */
  readonly lines: number;
  /** Events acknowledged. */
  readonly sent: number;
  readonly invalid: number;
  /** The end of the input was reached. */
  readonly complete: boolean;
}

/** Events a request; while one is under way the next is gathered, so at most two are in memory. */
const chunkSize = 500;

export async function produceEvents(options: ProduceOptions): Promise<ProduceSummary> {
  const { parse, signal } = options;
  let [lines, sent, invalid, complete] = [0, 0, 0, true];
  let chunk: ListingImage[] = [];
  let underWay: Promise<void> = Promise.resolve();

  async function sendChunk(): Promise<void> {
    await underWay;
    const events = chunk;
    chunk = [];
    underWay = options.send(events).then(() => {
      sent += events.length;
      options.onSent?.(sent);
    });
    underWay.catch(() => undefined); // awaited before the next chunk, or at the end
  }

  for await (const line of options.lines) {
    if (signal.aborted) break;
    if (line.text.trim() === '') continue;
    lines += 1;
    const parsed = parse(line);
    if (parsed.kind === 'event') {
      chunk.push(parsed.event);
      if (chunk.length >= chunkSize) await sendChunk();
      continue;
    }
    invalid += 1;
    options.onInvalid(parsed.line, parsed.problems);
    if (!options.strict) continue;
    complete = false;
    break;
  }
  if (chunk.length > 0) await sendChunk();
  await underWay;
  return { lines, sent, invalid, complete: complete && !signal.aborted };
}
