import type { ListingImage } from '../../schemas/events.js';
import type { ParsedLine } from './event-line.js';
import type { Line } from '../client/lines.js';

export interface ProduceOptions {
  readonly lines: AsyncIterable<Line>;
  readonly parse: (line: Line) => ParsedLine;
  /** Resolves when the brokers have acknowledged all events. */
  readonly send: (events: readonly ListingImage[]) => Promise<void>;
  /** Stop at the first invalid line; lines before it are sent. */
  readonly strict: boolean;
  readonly signal: AbortSignal;
  readonly onInvalid: (line: number, problems: readonly string[]) => void;
  readonly onSent?: (sent: number) => void;
}

export interface ProduceSummary {
  /** Non-blank lines read. */
  readonly lines: number;
  /** Acknowledged events. */
  readonly sent: number;
  readonly invalid: number;
  /** Whether the whole input was read. */
  readonly complete: boolean;
}

/** Events per request. The next chunk is gathered while one is in flight, so at most two chunks are in memory. */
const chunkSize = 500;

export async function produceEvents(options: ProduceOptions): Promise<ProduceSummary> {
  const { parse, signal } = options;
  let [lines, sent, invalid, complete] = [0, 0, 0, true];
  let chunk: ListingImage[] = [];
  let inFlight: Promise<void> = Promise.resolve();

  async function sendChunk(): Promise<void> {
    await inFlight;
    const events = chunk;
    chunk = [];
    inFlight = options.send(events).then(() => {
      sent += events.length;
      options.onSent?.(sent);
    });
    inFlight.catch(() => undefined); // the error is thrown at the await before the next chunk, or at the end
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
  await inFlight;
  return { lines, sent, invalid, complete: complete && !signal.aborted };
}
