import { headers } from '../../../schemas/headers.js';
import type { Callback, Delivery } from '../callback.js';
import { chunked } from '../chunks.js';
import { messagesOf } from '../messages.js';

/** A record of a topic that belongs to whoever reads it. */
export interface CallbackRecord {
  readonly topic: string;
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Resolves when the brokers have all records of one topic. Throws `callback-failed` or `callback-refused`. */
export type PublishTo = (topic: string, records: readonly CallbackRecord[]) => Promise<void>;

/** Records written at once, bytes of values: half of what a topic takes by default in one batch. */
const maxBytes = 512 * 1024;

/** A record a result, keyed by listing, and one for the summary, keyed by job. */
export function createKafkaCallback(publishTo: PublishTo): Callback {
  return {
    async deliver({ place: topic }, delivery) {
      for (const records of chunked(
        recordsOf(topic, delivery),
        { maxItems: Infinity, maxBytes },
        ({ value }) => value.length,
      )) {
        await publishTo(topic, records);
      }
    },
    close: () => Promise.resolve(),
  };
}

function recordsOf(topic: string, delivery: Delivery): CallbackRecord[] {
  return messagesOf(delivery).map(({ id, type, listingId, body }) => ({
    topic,
    key: Buffer.from(listingId ?? delivery.job),
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
