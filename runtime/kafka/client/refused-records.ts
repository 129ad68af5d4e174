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
    const code = codes[rootCause(error).type ?? ''];
    const [first, ...others] = messages;
    if (code === undefined || first === undefined) throw error;
    if (others.length === 0) return new Map([[first, refused(first, code, error)]]);
    const middle = middleOf(messages);
    const head = await sendWithoutRefused(messages.slice(0, middle), send);
    const tail = await sendWithoutRefused(messages.slice(middle), send);
    return new Map([...head, ...tail]);
  }
}

/** Returns where both parts have about as many bytes. A single large record is therefore alone after two divisions. */
function middleOf(messages: readonly OutgoingMessage[]): number {
  const half = messages.reduce((sum, message) => sum + bytesOf(message), 0) / 2;
  let bytes = 0;
  const reached = messages.findIndex((message) => (bytes += bytesOf(message)) >= half);
  return Math.max(1, reached);
}

/** About the size of a record: key, value and headers (bytes). */
function bytesOf({ key, value, headers }: OutgoingMessage): number {
  const texts = Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  return (key?.length ?? 0) + (value?.length ?? 0) + texts + 1;
}

function refused(message: OutgoingMessage, code: FailureCode, cause: unknown): FanlightError {
  const reason = rootCause(cause).message.replace(/\.$/, '');
  return new FanlightError({
    code,
    message: `Kafka refuses a record of ${bytesOf(message)} bytes for ${message.topic}: ${reason}.`,
    remedy: 'Send a smaller event, with `url` instead of `content`, or raise max.message.bytes of the topic.',
    cause,
  });
}
