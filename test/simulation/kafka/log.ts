/** A record in a partition. */
export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly timestamp: number;
}

export type NewRecord = Pick<StoredRecord, 'key' | 'value' | 'headers' | 'timestamp'>;

/** The partitions of all topics. */
export class Logs {
  readonly #topics = new Map<string, StoredRecord[][]>();
  readonly #onAppend: (record: StoredRecord) => void;

  constructor(topics: ReadonlyMap<string, number>, onAppend: (record: StoredRecord) => void) {
    this.#onAppend = onAppend;
    for (const [topic, partitions] of topics)
      this.#topics.set(
        topic,
        Array.from({ length: partitions }, () => []),
      );
  }

  partitionsOf(topic: string): readonly (readonly StoredRecord[])[] {
    return this.#partitions(topic);
  }

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** All records of a topic, partition by partition. */
  all(topic: string): readonly StoredRecord[] {
    return this.#partitions(topic).flat();
  }

  append(topic: string, partition: number, record: NewRecord): void {
    const log = this.#partitions(topic)[partition];
    if (log === undefined) throw new Error(`${topic} has no partition ${partition}`);
    const stored = { topic, partition, offset: log.length, ...record };
    log.push(stored);
    this.#onAppend(stored);
  }

  #partitions(topic: string): StoredRecord[][] {
    const partitions = this.#topics.get(topic);
    if (partitions === undefined) throw new Error(`there is no topic ${topic}`);
    return partitions;
  }
}
