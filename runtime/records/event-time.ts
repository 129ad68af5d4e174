import { headers } from '../../schemas/headers.js';
import type { Message } from './message.js';

/** Difference of clocks that an event time may show (ms): so far it may be ahead of the worker. */
const toleratedSkewMs = 60_000;

/**
 * Time by which a record can outlive its retention (ms): a broker deletes whole segments, and closes one after 7 days
 * unless it is told otherwise.
 */
const segmentMs = 7 * 86_400_000;

export interface EventTime {
  /** Epoch milliseconds. */
  readonly time: number;
  /** Whether the stated time was out of bounds, so that another one took its place. */
  readonly isClamped: boolean;
}

/**
 * Returns the time at which an event entered: the first of these that is possible.
 *
 * 1. `kept`, which Fanlight stated when the event entered before. A replayed event may be of any age.
 * 2. `written`, the timestamp of the record. A producer with a wrong clock may have set it.
 * 3. The time of the worker.
 */
export function eventTimeFrom(
  { kept, written }: { readonly kept?: string | undefined; readonly written: number },
  { now, retentionMs }: { readonly now: number; readonly retentionMs: number },
): EventTime {
  const latest = now + toleratedSkewMs;
  const known = kept === undefined ? undefined : parseEpochMs(kept);
  if (known !== undefined && known <= latest) return { time: known, isClamped: false };
  const isPossible = written >= now - retentionMs - segmentMs && written <= latest;
  return { time: isPossible ? written : now, isClamped: kept !== undefined || !isPossible };
}

/** Returns the event time that the entrance of the lane has stated, or else the timestamp of the record (epoch ms). */
export function eventTimeOf(message: Message): number {
  return parseEpochMs(message.headers[headers.eventTime] ?? '') ?? message.timestamp;
}

/** Returns a moment after 1970 (epoch ms); undefined for any other text. */
export function parseEpochMs(text: string): number | undefined {
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}
