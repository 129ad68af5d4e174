import type { Clock } from '../../primitives/clock.js';
import { until } from '../../primitives/retry-loop.js';
import { asFanlightError, type FanlightError } from '../../schemas/failure.js';
import { batchHeaders, errorHeaders, headers } from '../../schemas/headers.js';
import { topics } from '../../schemas/topics.js';
import type { Message, Middleware, OutgoingMessage } from '../records/message.js';
import { delayMs, inPlaceBackoff, retriesInPlace, topicDelay } from './retry-policy.js';
import { attemptOf, retryRecord, type FailurePath } from './retry-record.js';
import { sealedFor, type Seal } from '../records/seal.js';
import { originOf } from '../records/origin.js';

export interface FailureHandlerOptions {
  /** Name in dead letters. */
  readonly stage: string;
  pathOf(message: Message): FailurePath;
  readonly clock: Clock;
  /** Seals events for their return to the topic of producers. Default: they carry no seal. */
  readonly seal?: Seal;
  /** Returns 0..1. */
  readonly random: () => number;
  /**
   * Upper bound of the random share (0..1) by which each delay of a retry topic is lengthened. Records that failed
   * together then return at different times. Default: 0.
   */
  readonly jitter?: number;
  readonly onRetry?: (error: FanlightError, message: Message, where: 'in-place' | 'topic') => void;
  readonly onDeadLetter?: (error: FanlightError, message: Message) => void;
}

/**
 * Converts processing failures into retry and dead-letter records. Transient failures are retried in place, then
 * through the lane's delayed retry topics. Permanent failures, and records without a retry left, become dead letters.
 * Fatal failures and aborted work pass through, so that the consumer does not commit the offset.
 */
export function handleFailures(options: FailureHandlerOptions): Middleware {
  const { stage, clock } = options;

  return (next) =>
    async function handleFailure(message, context) {
      const { signal } = context;
      try {
        return await until(() => next(message, context), {
          clock,
          random: options.random,
          backoff: inPlaceBackoff,
          signal,
          giveUp: (thrown, tries) => signal.aborted || !isRetriedInPlace(asFanlightError(thrown), tries),
          onRetry: (thrown) => options.onRetry?.(asFanlightError(thrown), message, 'in-place'),
        });
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        const error = asFanlightError(thrown);
        if (error.kind === 'fatal') throw error;
        return [error.retryable ? retryOrDeadLetter(message, error) : deadLetter(message, error)];
      }
    };

  function retryOrDeadLetter(message: Message, error: FanlightError): OutgoingMessage {
    const attempt = attemptOf(message);
    const path = options.pathOf(message);
    const delay = topicDelay(path.lane.retryDelays, attempt, error.retryAfterMs);
    if (delay === undefined) return deadLetter(message, error);
    options.onRetry?.(error, message, 'topic');
    const waitMs = delayMs(delay) * (1 + (options.jitter ?? 0) * options.random());
    const dueAt = clock.now() + Math.round(waitMs);
    const record = retryRecord(message, path, { delay, dueAt, attempt: attempt + 1 });
    return options.seal ? sealedFor(path.input, record, options.seal) : record;
  }

  function deadLetter(message: Message, error: FanlightError): OutgoingMessage {
    options.onDeadLetter?.(error, message);
    return deadLetterOf(message, error, { ...options.pathOf(message), stage }, clock.now());
  }
}

function isRetriedInPlace(error: FanlightError, tries: number): boolean {
  return error.retryable && tries <= retriesInPlace(error.code);
}

/** Returns the original record, with the failure in its headers, for the dead-letter topic of the lane. */
export function deadLetterOf(
  message: Message,
  error: FanlightError,
  where: FailurePath & { readonly stage: string },
  now: number,
): OutgoingMessage {
  return {
    topic: topics.deadLetters(where.lane.name),
    key: message.key,
    value: message.value,
    headers: {
      ...message.headers,
      [headers.origin]: originOf(message),
      [errorHeaders.topic]: where.input,
      [errorHeaders.partition]: String(message.partition),
      [errorHeaders.offset]: String(message.offset),
      [errorHeaders.stage]: where.stage,
      [errorHeaders.operation]: error.operation ?? where.stage,
      [errorHeaders.code]: error.code,
      [errorHeaders.message]: error.message,
      [errorHeaders.remedy]: error.remedy,
      [errorHeaders.attempts]: String(attemptOf(message)),
      [errorHeaders.stacktrace]: stackOf(error),
      [errorHeaders.time]: new Date(now).toISOString(),
      ...batchOf(message),
    },
  };
}

function batchOf({ unreadableBatch }: Message): Record<string, string> {
  if (unreadableBatch === undefined) return {};
  const { firstOffset, lastOffset, bytes } = unreadableBatch;
  return {
    [batchHeaders.firstOffset]: String(firstOffset),
    [batchHeaders.lastOffset]: String(lastOffset),
    [batchHeaders.bytes]: String(bytes),
  };
}

function stackOf(error: FanlightError): string {
  const cause = error.cause instanceof Error ? `\nCaused by: ${error.cause.stack ?? error.cause.message}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
