import { CompressionTypes, Partitioners, type Kafka } from 'kafkajs';
import type { OutgoingMessage } from '../../records/message.js';
import { byTopic } from './requests.js';
import { sendWithoutRefused } from './refused-records.js';

export interface Publisher {
  /**
   * Resolves when all in-sync replicas have every message; rejects when any could not be written. Rejects with a
   * permanent `FanlightError` when Kafka refuses a message for good, such as `too-large`; all others are written.
   */
  publish(messages: readonly OutgoingMessage[]): Promise<void>;
  /** Drains the queue and the requests in flight, then disconnects. */
  close(): Promise<void>;
}

export interface PublisherOptions {
  /** Upper bound of values in a request (bytes). A broker refuses a batch above the topic's `max.message.bytes`. */
  readonly maxRequestBytes: number;
  /** Upper bound of requests in flight. */
  readonly maxInFlight: number;
}

interface Pending {
  readonly messages: readonly OutgoingMessage[];
  readonly bytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Creates a publisher that sends at once while fewer than `maxInFlight` requests are in flight. Otherwise messages
 * gather for the next request. So requests are full under load, and without load no message waits.
 */
export async function createPublisher(
  kafka: Kafka,
  options: PublisherOptions = { maxRequestBytes: 8 * 2 ** 20, maxInFlight: 2 },
): Promise<Publisher> {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  let queue: Pending[] = [];
  let inFlight = 0;
  let onIdle: (() => void)[] = [];

  function takeRequest(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const pending of queue) {
      if (count > 0 && bytes + pending.bytes > options.maxRequestBytes) break;
      bytes += pending.bytes;
      count += 1;
    }
    const taken = queue.slice(0, count);
    queue = queue.slice(count);
    return taken;
  }

  async function send(request: readonly Pending[]): Promise<void> {
    inFlight += 1;
    try {
      const messages = request.flatMap((pending) => pending.messages);
      const refused = await sendWithoutRefused(messages, (some) =>
        producer.sendBatch({ acks: -1, compression: CompressionTypes.None, topicMessages: byTopic(some) }),
      );
      for (const pending of request) {
        const failure = pending.messages.map((message) => refused.get(message)).find((found) => found !== undefined);
        if (failure === undefined) pending.resolve();
        else pending.reject(failure);
      }
    } catch (error) {
      for (const pending of request) pending.reject(error);
    } finally {
      inFlight -= 1;
      pump();
    }
  }

  function pump(): void {
    while (queue.length > 0 && inFlight < options.maxInFlight) void send(takeRequest());
    if (queue.length > 0 || inFlight > 0) return;
    for (const resolve of onIdle) resolve();
    onIdle = [];
  }

  return {
    publish(messages) {
      if (messages.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const bytes = messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
        queue.push({ messages, bytes, resolve, reject });
        pump();
      });
    },
    async close() {
      if (queue.length > 0 || inFlight > 0) await new Promise<void>((resolve) => onIdle.push(resolve));
      await producer.disconnect();
    },
  };
}
