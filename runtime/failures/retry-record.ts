import { headers } from '../../schemas/headers.js';
import type { FailureLane } from '../../schemas/lanes.js';
import { topics } from '../../schemas/topics.js';
import type { Message, OutgoingMessage } from '../records/message.js';
import { originOf } from '../records/origin.js';

/** Where the failures of a consumer go. */
export interface FailurePath {
  /** Where a record returns to from a retry topic, and when its dead letter is replayed. */
  readonly input: string;
  readonly lane: {
    readonly name: FailureLane;
    /** One retry topic each, such as `5s`; a record that failed goes through them in order. */
    readonly retryDelays: readonly string[];
  };
}

export interface Retry {
  readonly delay: string;
  /** Epoch milliseconds. */
  readonly dueAt: number;
  /** Which try it will be, from 1. */
  readonly attempt: number;
}

/** The record, for the retry topic of a delay. */
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
      [headers.eventTime]: message.headers[headers.eventTime] ?? String(message.timestamp),
      [headers.attempt]: String(attempt),
      [headers.retryAt]: String(dueAt),
      [headers.retryTo]: input,
    },
  };
}

export function attemptOf(message: Message): number {
  return Number(message.headers[headers.attempt] ?? '1');
}
