import type { Kafka } from '../../../runtime/kafka/client/client.js';
import { FanlightError } from '../../../schemas/failure.js';
import { maxRequestBytes, type PublishTo } from './callback.js';
import { withAdmin } from '../../../runtime/kafka/topics/admin.js';
import { createPublisher, type Publisher } from '../../../runtime/kafka/client/producer.js';
import { rootCause } from '../../../runtime/kafka/client/broker-error.js';

/** Kafka errors that no retry can fix. */
const refusals: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
]);

/** Keeps one producer per topic. Requests of one producer fail together, and topics must not affect each other. */
export function createCallbackPublishers(kafka: Kafka): { readonly publishTo: PublishTo; close(): Promise<void> } {
  const publishers = new Map<string, Promise<Publisher>>();

  function publisherOf(topic: string): Promise<Publisher> {
    const known = publishers.get(topic);
    if (known) return known;
    const opening = open(topic).catch((error: unknown) => {
      publishers.delete(topic);
      throw error;
    });
    publishers.set(topic, opening);
    return opening;
  }

  /** Checks that the topic exists, because a producer would look for a missing topic for half a minute. */
  async function open(topic: string): Promise<Publisher> {
    const existing = await withAdmin(kafka, (admin) => admin.listTopics());
    if (!existing.includes(topic)) throw failed(topic, 'the topic does not exist');
    return createPublisher(kafka, { maxRequestBytes, maxInFlight: 1 });
  }

  return {
    async publishTo(topic, records) {
      try {
        await (await publisherOf(topic)).publish(records);
      } catch (error) {
        if (error instanceof FanlightError && error.retryable) throw error;
        const { message, type = '' } = rootCause(error);
        throw failed(topic, message, refusals.has(type) ? 'callback-refused' : 'callback-failed', error);
      }
    },
    async close() {
      const opened = await Promise.allSettled(publishers.values());
      await Promise.all(opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value.close()] : [])));
    },
  };
}

function failed(
  topic: string,
  why: string,
  code: 'callback-failed' | 'callback-refused' = 'callback-failed',
  cause?: unknown,
): FanlightError {
  return new FanlightError({
    code,
    message: `The Kafka topic ${topic} did not accept the results: ${why}.`,
    remedy: 'Check the topic and its access rules, then replay the dead letters, if there are any.',
    cause,
  });
}
