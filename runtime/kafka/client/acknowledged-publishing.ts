import kafkajs from 'kafkajs'; // CommonJS: Node does not see its error classes as named exports
import type { Logger } from 'pino';
import type { Clock } from '../../../primitives/clock.js';
import { until, type Backoff } from '../../../primitives/retry-loop.js';
import { FanlightError } from '../../../schemas/failure.js';
import type { OutgoingMessage } from '../../records/message.js';
import { rootCause, type BrokerError } from './broker-error.js';
import type { Publisher } from './producer.js';

/** Permanent errors of brokers that are not the fault of a record: the topics do not fit the deployment. */
const permanentTypes = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'INVALID_TRANSACTION_TIMEOUT',
]);

const backoff: Backoff = { baseMs: 500, maxMs: 10_000, jitter: 0.5 };

/**
 * Publishes until the brokers acknowledge. While they are unreachable, the record stays in flight with its offset
 * uncommitted, and reading stops at the window. Throws the permanent failure of a refused record (see `Publisher`), and
 * `invalid-configuration` (fatal) for any other permanent error.
 */
export async function publishUntilAcknowledged(
  publisher: Publisher,
  messages: readonly OutgoingMessage[],
  { signal, clock, logger, random }: { signal: AbortSignal; clock: Clock; logger: Logger; random: () => number },
): Promise<void> {
  await until(
    async function publish() {
      try {
        await publisher.publish(messages);
      } catch (error) {
        throw isFinal(error) ? refused(messages, rootCause(error)) : error;
      }
    },
    {
      clock,
      random,
      signal,
      backoff,
      giveUp: (error) => error instanceof FanlightError,
      onRetry: (error, attempt) => {
        logger.warn({ attempt, error: rootCause(error).message }, 'the brokers did not accept the records; retrying');
      },
    },
  );
}

/** Whether no repetition can help, for a reason that is not the fault of a record. */
export function isFinal(error: unknown): boolean {
  if (error instanceof FanlightError) return false;
  return !(error instanceof kafkajs.KafkaJSError) || permanentTypes.has(rootCause(error).type ?? '');
}

function refused(messages: readonly OutgoingMessage[], reason: BrokerError): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: `Kafka refuses records for ${[...new Set(messages.map(({ topic }) => topic))].join(', ')}: ${reason.message}.`,
    remedy:
      'Create the topics with `fanlight up` or with the settings of docs/operations.md, then start the worker again.',
  });
}
