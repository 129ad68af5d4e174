import type { TopicMessages } from 'kafkajs';
import type { OutgoingMessage } from '../../records/message.js';

/** Upper bound of values in a request (bytes). A broker refuses a batch above the topic's `max.message.bytes`. */
const maxRequestBytes = 8 * 2 ** 20;

/** Divides messages into requests, in their order. */
export function requestsOf(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const requests: OutgoingMessage[][] = [];
  let bytes = Infinity;
  for (const message of messages) {
    const size = message.value?.length ?? 0;
    if (bytes + size > maxRequestBytes) {
      requests.push([]);
      bytes = 0;
    }
    requests.at(-1)?.push(message);
    bytes += size;
  }
  return requests;
}

/** Converts messages into the form of kafkajs. */
export function byTopic(messages: readonly OutgoingMessage[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages>();
  for (const { topic, partition, key, value, headers } of messages) {
    const entry = topics.get(topic) ?? { topic, messages: [] };
    entry.messages.push({ key, value, headers: { ...headers }, ...(partition === undefined ? {} : { partition }) });
    topics.set(topic, entry);
  }
  return [...topics.values()];
}
