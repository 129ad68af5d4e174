import { headers } from '../../schemas/headers.js';
import type { FailureLane } from '../../schemas/lanes.js';
import { topics } from '../../schemas/topics.js';
import type { Message, OutgoingMessage } from '../records/message.js';
import { eventTimeOf } from '../records/event-time.js';
import { originOf } from '../records/origin.js';

/** Path of the records that fail in a consumer. */
export interface FailurePath {
  /** Topic to which a record returns from a retry topic, or when its dead letter is replayed. */
  readonly input: string;
  readonly lane: {
    readonly name: FailureLane;
    /** Delays such as `5s`, each with its own retry topic. A record that fails again goes through them in order. */
    readonly retryDelays: readonly string[];
  };
}

export interface Retry {
  readonly delay: string;
  /** Epoch milliseconds. */
  readonly dueAt: number;
  /** Number of the next attempt, from 1. */
  readonly attempt: number;
}

/** Returns the record for the retry topic of a delay. */
export function retryRecord(
  message: Message,
  { lane, input }: FailurePath,
  { delay, dueAt, attempt }: Retry,
): OutgoingMessage {
  return {
    topic: topics.retry(lane.name, delay),
    key: message.key,
    value: message.value,
    headers: {
      ...message.headers,
      [headers.origin]: originOf(message),
      [headers.eventTime]: String(eventTimeOf(message)),
      [headers.attempt]: String(attempt),
      [headers.retryAt]: String(dueAt),
      [headers.retryTo]: input,
    },
  };
}

/** Number of the attempt, from 1. Text that is no such number counts as the first attempt. */
export function attemptOf(message: Message): number {
  const text = message.headers[headers.attempt] ?? '';
  return /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 1;
}
