import { headers } from '../../../schemas/headers.js';
import type { Callback, Delivery } from '../callback.js';
import { splitIntoChunks } from '../chunks.js';
import { messagesOf } from '../messages.js';

/** A record of a topic that belongs to the client. */
export interface CallbackRecord {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Publishes records to one topic; resolves once they are durable. Throws `callback-failed` or `callback-refused`. */
export type PublishTo = (topic: string, records: readonly CallbackRecord[]) => Promise<void>;

/**
 * Most bytes of one request: half of the largest batch that a topic takes by default. Topics of clients may have that
 * default.
 */
export const maxRequestBytes = 512 * 1024;

/** Writes one record per result, keyed by listing, and one record for the summary, keyed by job. */
export function createKafkaCallback(publishTo: PublishTo): Callback {
  return {
    async deliver({ place: topic }, delivery) {
      const bounds = { maxItems: Infinity, maxBytes: maxRequestBytes };
      for (const records of splitIntoChunks(recordsOf(topic, delivery), bounds, ({ value }) => value.length))
        await publishTo(topic, records);
    },
    close: () => Promise.resolve(),
  };
}

function recordsOf(topic: string, delivery: Delivery): CallbackRecord[] {
  return messagesOf(delivery).map(({ id, type, key, body }) => ({
    topic,
    key: Buffer.from(key),
    value: Buffer.from(body),
    headers: {
      [headers.ceSpecVersion]: '1.0',
      [headers.ceId]: id,
      [headers.ceType]: type,
      [headers.ceSource]: '/fanlight/callbacks',
      [headers.ceTime]: new Date(delivery.at).toISOString(),
      [headers.contentType]: 'application/json',
      [headers.job]: delivery.job,
    },
  }));
}
