import type { CallbackTarget } from '../callback.js';
import type { CallbackConfig } from '../config.js';
import { unlisted } from '../failures.js';

/** Parses `kafka:TOPIC`. */
export function parseTopic(uri: string, { topics }: CallbackConfig): Omit<CallbackTarget, 'kind'> {
  const topic = uri.slice('kafka:'.length);
  if (!topics.includes(topic)) throw unlisted(`the Kafka topic ${JSON.stringify(topic)}`, 'FANLIGHT_CALLBACK_TOPICS');
  return { endpoint: `kafka:${topic}`, place: topic };
}
