import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { sleep, systemClock as clock } from '../../primitives/clock.js';
import { continueTrace } from '../../primitives/trace-context.js';
import { createKafka } from '../../runtime/kafka/client/client.js';
import { createPublisher } from '../../runtime/kafka/client/producer.js';
import { createRegistryCodec } from '../../runtime/kafka/client/registry-codec.js';
import { publishUntilAcknowledged } from '../../runtime/kafka/client/acknowledged-publishing.js';
import { eventHeaders } from '../../runtime/records/event-headers.js';
import { listingImageMessage } from '../../runtime/records/listing-image.js';
import type { OutgoingMessage } from '../../runtime/records/message.js';
import { eventTypes } from '../../schemas/headers.js';
import { topics } from '../../schemas/topics.js';
import type { Addresses } from '../../local/servers/platform.js';
import type { SentResult } from './results.js';
import type { SentEvent } from './sent-event.js';

const source = '/fanlight/chaos';
const traceparent = () => continueTrace(undefined, (digits) => randomBytes(digits / 2).toString('hex')).traceparent;

/** Sends records at a rate. It reaches the servers directly, and waits for a broker that is down. */
export interface Sender {
  /** Resolves once the broker has acknowledged all events. */
  events(events: readonly SentEvent[], perSecond: number): Promise<void>;
  results(results: readonly SentResult[], perSecond: number): Promise<void>;
  close(): Promise<void>;
}

export async function openSender({ kafkaBrokers, registryUrl }: Addresses): Promise<Sender> {
  const logger = pino({ level: 'silent' });
  const publisher = await createPublisher(createKafka({ brokers: kafkaBrokers, clientId: 'chaos-sender', logger }));
  const codec = createRegistryCodec(registryUrl);
  const stop = new AbortController();
  const { signal } = stop;
  // The registry is asked once, before any fault.
  await Promise.all([
    codec.register('listing-image', topics.listingImages('bulk')),
    codec.register('image-tags', topics.imageTags('bulk')),
  ]);

  async function sendAtRate(messages: readonly OutgoingMessage[], perSecond: number): Promise<void> {
    const begun = performance.now();
    const sending: Promise<void>[] = [];
    for (const [index, message] of messages.entries()) {
      const dueMs = (index / perSecond) * 1_000 - (performance.now() - begun);
      if (dueMs > 0) await sleep(clock, dueMs, signal);
      sending.push(publishUntilAcknowledged(publisher, [message], { signal, clock, logger, random: Math.random }));
    }
    await Promise.all(sending);
  }

  return {
    async events(events, perSecond) {
      const options = { lane: 'bulk', codec, now: clock.now(), source } as const;
      const messages = events.map(({ event }) =>
        listingImageMessage(event, { ...options, traceparent: traceparent(), client: 'chaos' }),
      );
      await sendAtRate(await Promise.all(messages), perSecond);
    },
    async results(results, perSecond) {
      const topic = topics.imageTags('bulk');
      const messages = results.map(async ({ id, tags }) => ({
        topic,
        key: Buffer.from(tags.listingId),
        value: await codec.encode('image-tags', topic, tags),
        headers: eventHeaders({
          id,
          type: eventTypes.imageTags,
          now: tags.taggedAt,
          source,
          traceparent: traceparent(),
        }),
      }));
      await sendAtRate(await Promise.all(messages), perSecond);
    },
    async close() {
      stop.abort(new Error('the run ends'));
      await publisher.close();
    },
  };
}
