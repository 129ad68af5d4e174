import { FanlightError, type FailureCode } from '../../../schemas/failure.js';
import type { OutgoingMessage } from '../../records/message.js';
import { rootCause } from './broker-error.js';

/** Errors of brokers that are the fault of one record. Kafka refuses the whole batch that has the record. */
const codes: Readonly<Record<string, FailureCode>> = {
  MESSAGE_TOO_LARGE: 'too-large',
  RECORD_LIST_TOO_LARGE: 'too-large',
  INVALID_RECORD: 'invalid-event',
};

/**
 * Sends the messages, and returns those that Kafka refuses for good, with the reason of each. An answer does not name
 * the record at fault, so a refused request is divided until it is found. All other records are written, in their
 * order, and some of them more than once. Rejects with every other failure of `send`.
 */
export async function sendWithoutRefused(
  messages: readonly OutgoingMessage[],
  send: (messages: readonly OutgoingMessage[]) => Promise<unknown>,
): Promise<ReadonlyMap<OutgoingMessage, FanlightError>> {
  try {
    await send(messages);
    return new Map();
  } catch (error) {
    const [first, ...others] = messages;
    const refusal = first && refusalOf(error, first);
    if (first === undefined || refusal === undefined) throw error;
    if (others.length === 0) return new Map([[first, refusal]]);
    const middle = middleOf(messages.map(bytesOf));
    const head = await sendWithoutRefused(messages.slice(0, middle), send);
    const tail = await sendWithoutRefused(messages.slice(middle), send);
    return new Map([...head, ...tail]);
  }
}

/** Returns where both parts have about as many bytes. A single large record is therefore alone after two divisions. */
export function middleOf(sizes: readonly number[]): number {
  const half = sizes.reduce((sum, size) => sum + size, 0) / 2;
  let bytes = 0;
  const reached = sizes.findIndex((size) => (bytes += size) >= half);
  return Math.max(1, reached);
}

/** About the size of a record: key, value and headers (bytes). */
export function bytesOf({ key, value, headers }: OutgoingMessage): number {
  const texts = Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  return (key?.length ?? 0) + (value?.length ?? 0) + texts + 1;
}

/** Returns the failure of the message when the error is the fault of a record, else undefined. */
export function refusalOf(error: unknown, message: OutgoingMessage): FanlightError | undefined {
  const { type = '', message: text } = rootCause(error);
  const code = codes[type];
  if (code === undefined) return undefined;
  return new FanlightError({
    code,
    message: `Kafka refuses a record of ${bytesOf(message)} bytes for ${message.topic}: ${text.replace(/\.$/, '')}.`,
    remedy: 'Send a smaller event, with `url` instead of `content`, or raise max.message.bytes of the topic.',
    cause: error,
  });
}
