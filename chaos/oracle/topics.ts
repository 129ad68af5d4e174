import { topics } from '../../schemas/topics.js';
import { count, type TopicEvidence } from './evidence.js';
import type { Ends, KafkaOracle } from './kafka.js';

const [inputs, results, letters] = [topics.listingImages('bulk'), topics.imageTags('bulk'), topics.deadLetters('bulk')];

/** Topics in which the outcomes of a schedule are. */
export const outcomeTopics = [inputs, results, letters] as const;

/** Reads what the topics got since the schedule began. */
export async function readTopics(oracle: KafkaOracle, since: Ends): Promise<TopicEvidence> {
  const found = {
    inputs: new Map<string, number>(),
    results: new Map<string, number>(),
    letters: new Map<string, string[]>(),
  };
  for (const { topic, headers } of await oracle.readSince(since)) {
    const id = headers['ce_id'] ?? '';
    if (topic === inputs) count(found.inputs, id);
    if (topic === results) count(found.results, id);
    if (topic !== letters) continue;
    const origin = headers['fl-origin'] ?? id;
    found.letters.set(origin, [...(found.letters.get(origin) ?? []), headers['__fanlight.errors.code'] ?? 'no code']);
  }
  return found;
}
