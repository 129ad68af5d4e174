import { createHash } from 'node:crypto';
import { batchHeaders, errorHeaders, headers, omittedHeaders } from '../../schemas/headers.js';
import { coordinates, type Message, type OutgoingMessage } from '../records/message.js';

/** Upper bound of a header and of the key in a letter without a value (bytes). All of a client's own are left out. */
const maxBytes = 4_096;
const kept: ReadonlySet<string> = new Set(
  [headers, errorHeaders, batchHeaders].flatMap((names) => Object.values(names)),
);

/**
 * Returns the dead letter without what can be large: the value, foreign headers, long headers and a long key. It says
 * where the record is, for as long as its topic retains it.
 */
export function withoutValue(letter: OutgoingMessage, message: Message): OutgoingMessage {
  const { key, value } = message;
  const short = Object.entries(letter.headers).filter(
    ([name, text]) => kept.has(name) && Buffer.byteLength(text) <= maxBytes,
  );
  return {
    ...letter,
    key: key !== null && key.length > maxBytes ? null : key,
    value: null,
    headers: {
      ...Object.fromEntries(short),
      [omittedHeaders.bytes]: String(value?.length ?? 0),
      [omittedHeaders.sha256]: createHash('sha256')
        .update(value ?? '')
        .digest('hex'),
      [omittedHeaders.from]: coordinates(message),
    },
  };
}
