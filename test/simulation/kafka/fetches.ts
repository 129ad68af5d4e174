import type { Broker, Caller } from './broker.js';
import type { StoredRecord } from './log.js';

interface FetchRequest {
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[];
  }[];
}

interface Waiting {
  readonly request: FetchRequest;
  readonly caller: Caller;
  readonly cancel: () => void;
}

/** Answers fetches: at once when there is enough to read, else after their time. */
export function createFetches(server: Broker) {
  const { logs, scheduler, recordsPerFetch } = server.options;
  const waiting = new Set<Waiting>();

  function unread({ topics }: FetchRequest): number {
    let bytes = 0;
    for (const { topic, partitions } of topics) {
      for (const { partition, fetchOffset } of partitions) {
        const log = logs.partitionsOf(topic)[partition] ?? [];
        for (let next = Number(fetchOffset); next < log.length; next += 1)
          bytes += 100 + (log[next]?.value?.length ?? 0);
      }
    }
    return bytes;
  }

  function answer({ topics }: FetchRequest, { connection, respond }: Caller): void {
    if (!connection.open) return;
    const read: StoredRecord[] = [];
    const responses = topics.map(({ topic, partitions }) => ({
      topicName: topic,
      partitions: partitions.map(({ partition, fetchOffset }) => {
        const log = logs.partitionsOf(topic)[partition] ?? [];
        const from = Number(fetchOffset);
        const records = log.slice(from, from + recordsPerFetch);
        read.push(...records);
        return {
          ...{ partition, errorCode: 0, highWatermark: String(log.length), abortedTransactions: [] },
          messages: records.map(asMessage),
        };
      }),
    }));
    server.options.onFetch(connection.client, read);
    respond({ answer: { responses } });
  }

  return {
    fetch(given: unknown, caller: Caller): void {
      const request = given as FetchRequest;
      if (unread(request) >= request.minBytes) return answer(request, caller);
      const entry: Waiting = { request, caller, cancel: scheduler.after(request.maxWaitTime, undefined, giveUp) };
      waiting.add(entry);

      function giveUp(): void {
        // A frozen broker answers once it wakes.
        if (server.state === 'frozen') return void scheduler.after(100, undefined, giveUp);
        waiting.delete(entry);
        if (server.state === 'up') answer(request, caller);
      }
    },
    /** Answers the fetches that now have enough to read. */
    wake(): void {
      for (const entry of waiting) {
        if (unread(entry.request) < entry.request.minBytes) continue;
        waiting.delete(entry);
        entry.cancel();
        answer(entry.request, entry.caller);
      }
    },
  };
}

type FetchedMessage = ReturnType<typeof toMessage>;
const messages = new WeakMap<StoredRecord, FetchedMessage>();

function asMessage(record: StoredRecord): FetchedMessage {
  const fetched = messages.get(record);
  if (fetched) return fetched;
  const message = toMessage(record);
  messages.set(record, message);
  return message;
}

function toMessage({ offset, key, value, headers, timestamp }: StoredRecord) {
  return {
    ...{ magicByte: 2, attributes: 0, isControlRecord: false },
    ...{ offset: String(offset), timestamp: String(timestamp), key, value },
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, bytesOf(text)])),
  };
}

const known = new Map<string, Buffer>();

/** Most headers have one of a few values. */
function bytesOf(text: string): Buffer {
  const found = known.get(text);
  if (found) return found;
  const bytes = Buffer.from(text);
  if (known.size < 1_000) known.set(text, bytes);
  return bytes;
}
