import { createHmac, timingSafeEqual } from 'node:crypto';
import { headers, sealedHeaders } from '../../schemas/headers.js';
import { isEventTopic } from '../../schemas/topics.js';
import type { OutgoingMessage } from './message.js';

export type SealedRecord = Pick<OutgoingMessage, 'key' | 'value' | 'headers'>;

/**
 * Proves that Fanlight wrote the internal headers of a record (HMAC-SHA256). It covers these headers with key and
 * value, so it fits no other record.
 */
export interface Seal {
  /** Whether a producer that knows Fanlight's source cannot compute it. */
  readonly isSecret: boolean;
  /** Returns the seal as hex digits. */
  of(record: SealedRecord): string;
  /** Whether the record carries its seal. */
  isOn(record: SealedRecord): boolean;
}

/** Key without a setting. It keeps out headers that a producer copies or invents, and no producer that means harm. */
const builtInKey = 'fanlight';

/** @param keys the first one seals, all of them verify. Empty: the built-in key. */
export function createSeal(keys: readonly string[] = []): Seal {
  const [first = builtInKey, ...others] = keys;
  return {
    isSecret: keys.length > 0,
    of: (record) => digest(first, record).toString('hex'),
    isOn(record) {
      const given = Buffer.from(record.headers[headers.seal] ?? '', 'hex');
      return [first, ...others].some((key) => {
        const expected = digest(key, record);
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
    },
  };
}

/**
 * Adds the seal to a record that enters, or enters again, through `topic`. Internal topics need none: only Fanlight
 * writes to them.
 */
export function sealedFor<R extends SealedRecord>(topic: string, record: R, seal: Seal): R {
  if (!isEventTopic(topic)) return record;
  return { ...record, headers: { ...record.headers, [headers.seal]: seal.of(record) } };
}

function digest(secret: string, { key, value, headers: texts }: SealedRecord): Buffer {
  const hmac = createHmac('sha256', secret);
  const add = (part: string | Buffer | null) => {
    // The length keeps neighbouring parts apart, and -1 tells an absent part from an empty one.
    hmac.update(`${part === null ? -1 : Buffer.byteLength(part)}\n`);
    if (part !== null) hmac.update(part);
  };
  for (const name of sealedHeaders) add(texts[name] ?? null);
  add(key);
  add(value);
  return hmac.digest();
}
