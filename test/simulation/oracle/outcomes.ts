import { errorHeaders, headers } from '../../../schemas/headers.js';
import { topics } from '../../../schemas/topics.js';
import type { StoredRecord } from '../kafka/log.js';
import { laneName } from '../world/topology.js';

const retryTopic = /^retry-/;
const deadLetters = topics.deadLetters(laneName);

/** What the broker knows about the records that follow from each record. */
export class Outcomes {
  /** Facts about origins; see the functions below. */
  readonly #durable = new Set<string>();

  add(record: StoredRecord): void {
    const { topic } = record;
    const origin = originOf(record);
    if (topic === deadLetters) this.#durable.add(`${origin} is dead, from ${record.headers[errorHeaders.topic] ?? ''}`);
    else if (retryTopic.test(topic))
      this.#durable.add(`${origin} waits for ${record.headers[headers.retryTo] ?? ''}, attempt ${attemptOf(record)}`);
    else {
      this.#durable.add(`${origin} is on ${topic}`);
      this.#durable.add(`${origin} is on ${topic}, attempt ${attemptOf(record)}`);
    }
  }

  /** Whether what follows from a record of a stage is durable. `outputs`: topics behind the stage. */
  isPassedOn(record: StoredRecord, outputs: readonly string[]): boolean {
    return outputs.some((topic) => this.#durable.has(`${originOf(record)} is on ${topic}`));
  }

  /** Whether a record of the share group is in a queue. A retried event passes it again. */
  isShared(record: StoredRecord, outputs: readonly string[]): boolean {
    return outputs.some((topic) =>
      this.#durable.has(`${originOf(record)} is on ${topic}, attempt ${attemptOf(record)}`),
    );
  }

  /** @param returnTo topic to which the record returns after its retry, or when its dead letter is replayed */
  isDiverted(record: StoredRecord, returnTo: string): boolean {
    const origin = originOf(record);
    return (
      this.#durable.has(`${origin} waits for ${returnTo}, attempt ${attemptOf(record) + 1}`) ||
      this.#durable.has(`${origin} is dead, from ${returnTo}`)
    );
  }

  /** Whether a record of a retry topic is back in its queue, or dead. */
  isReturned(record: StoredRecord): boolean {
    const to = record.headers[headers.retryTo] ?? '';
    return (
      this.#durable.has(`${originOf(record)} is on ${to}, attempt ${attemptOf(record)}`) ||
      this.#durable.has(`${originOf(record)} is dead, from ${record.topic}`)
    );
  }
}

export function originOf({ headers: texts, topic, partition, offset }: StoredRecord): string {
  return texts[headers.origin] ?? texts[headers.ceId] ?? `${topic}/${partition}/${offset}`;
}

function attemptOf({ headers: texts }: StoredRecord): number {
  return Number(texts[headers.attempt] ?? 1);
}
