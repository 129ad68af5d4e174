import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Admin, type IHeaders } from 'kafkajs';

/** A record, with its headers as text. */
export interface ReadRecord {
  readonly topic: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer | null;
}

/** Next offset of each partition of a topic. */
export type Ends = ReadonlyMap<string, readonly bigint[]>;

/** The oracle's own view of Kafka. It shares no code with Fanlight, besides the library. */
export interface KafkaOracle {
  /** Gives up after some seconds, when the broker does not answer. */
  withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T>;
  ends(topics: readonly string[]): Promise<Ends>;
  /** Returns all committed records that were written since. */
  readSince(ends: Ends): Promise<readonly ReadRecord[]>;
}

/** Time (ms) without a record after which the records before the end are markers of transactions. */
const quietMs = 2_000;
const giveUpMs = 30_000;
const pollMs = 50;

export function createKafkaOracle(brokers: readonly string[]): KafkaOracle {
  const kafka = new Kafka({
    brokers: [...brokers],
    clientId: 'chaos-oracle',
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 3_000,
    retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 1_000 },
  });

  async function withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await use(admin);
    } finally {
      await admin.disconnect();
    }
  }

  async function ends(topics: readonly string[]): Promise<Ends> {
    return withAdmin(async (admin) => {
      const found = new Map<string, readonly bigint[]>();
      for (const topic of topics) {
        const partitions = await admin.fetchTopicOffsets(topic);
        found.set(
          topic,
          partitions.toSorted((a, b) => a.partition - b.partition).map(({ high }) => BigInt(high)),
        );
      }
      return found;
    });
  }

  async function readSince(since: Ends): Promise<readonly ReadRecord[]> {
    const until = await ends([...since.keys()]);
    const next = new Map<string, bigint>();
    for (const [topic, partitions] of since)
      partitions.forEach((from, partition) => {
        if (from < (until.get(topic)?.[partition] ?? 0n)) next.set(`${topic}/${partition}`, from);
      });
    return next.size === 0 ? [] : read(next, until);
  }

  /** Reads from the positions in `next` to the ends. */
  async function read(next: Map<string, bigint>, until: Ends): Promise<readonly ReadRecord[]> {
    const groupId = `chaos-oracle-${randomUUID()}`;
    const records: ReadRecord[] = [];
    let heardAt = performance.now();
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, retry: { retries: 5 } });
    consumer.on(consumer.events.GROUP_JOIN, () => {
      for (const [place, offset] of next) {
        const [topic = '', partition] = place.split('/');
        consumer.seek({ topic, partition: Number(partition), offset: String(offset) });
      }
    });
    const done = () =>
      [...next].every(([place, offset]) => {
        const [topic = '', partition] = place.split('/');
        return offset >= (until.get(topic)?.[Number(partition)] ?? 0n);
      });
    try {
      await consumer.connect();
      await consumer.subscribe({
        topics: [...new Set([...next.keys()].map((place) => place.split('/')[0] ?? ''))],
        fromBeginning: true,
      });
      await consumer.run({
        autoCommit: false,
        eachBatch({ batch: { topic, partition, messages, lastOffset } }) {
          const place = `${topic}/${partition}`;
          const from = next.get(place);
          heardAt = performance.now();
          if (from === undefined) return Promise.resolve();
          for (const { offset, headers = {}, value } of messages)
            if (BigInt(offset) >= (next.get(place) ?? 0n)) {
              records.push({ topic, headers: asTexts(headers), value });
              next.set(place, BigInt(offset) + 1n);
            }
          const last = BigInt(lastOffset());
          if (last >= (next.get(place) ?? 0n)) next.set(place, last + 1n);
          return Promise.resolve();
        },
      });
      const giveUpAt = performance.now() + giveUpMs;
      while (!done()) {
        if (performance.now() > giveUpAt) throw new Error('the oracle could not read the topics to their ends');
        if (records.length > 0 && performance.now() - heardAt > quietMs) break;
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
      return records;
    } finally {
      await consumer.disconnect();
      await withAdmin((admin) => admin.deleteGroups([groupId]));
    }
  }

  return { withAdmin, ends, readSince };
}

function asTexts(headers: IHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
