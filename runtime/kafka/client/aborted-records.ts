// kafkajs 2.2.4 takes the aborted transactions of a fetch to be in the order of their first records. Brokers list them
// in the order of their ends. When aborted transactions overlap, kafkajs would deliver some of their records (see
// docs/adr/kafka/0023-transactions.md).
import Broker from 'kafkajs/src/broker/index.js';

export interface FetchedRecord {
  readonly offset: string;
  readonly key?: Buffer | null;
  /** kafkajs passes the offset of such a record, and keeps the record to itself. */
  isControlRecord: boolean;
  readonly batchContext?: { readonly producerId: string; readonly inTransaction: boolean };
}

export interface FetchedPartition {
  abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
  readonly messages: readonly FetchedRecord[];
}

interface FetchResponse {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
}

/** Patches kafkajs. Call it once, before the first connection. */
export function hideAbortedRecords(): void {
  const prototype = Broker.prototype as { fetch(this: object, request: object): Promise<FetchResponse> };
  const { fetch } = prototype;
  prototype.fetch = async function fetchWithoutAborted(request) {
    const response = await fetch.call(this, request);
    for (const { partitions } of response.responses) for (const partition of partitions) markAborted(partition);
    return response;
  };
}

const abortMarkerKey = Buffer.from([0, 0, 0, 0]);

/** See `runtime/kafka/decoding/unreadable-record.ts`. */
function isDamagedMarker({ key, batchContext }: FetchedRecord): boolean {
  return batchContext?.inTransaction === false && key?.equals(abortMarkerKey) === true;
}

/** Marks the records of aborted transactions, so that kafkajs passes them. The markers of transactions end them. */
export function markAborted(partition: FetchedPartition): void {
  const { abortedTransactions, messages } = partition;
  if (!abortedTransactions || abortedTransactions.length === 0) return;
  const upcoming = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, first: BigInt(firstOffset) }))
    .sort((a, b) => Number(a.first - b.first));
  const aborted = new Set<string>();
  for (const message of messages) {
    for (let head = upcoming[0]; head && head.first <= BigInt(message.offset); head = upcoming[0]) {
      aborted.add(head.producerId);
      upcoming.shift();
    }
    const { producerId, inTransaction } = message.batchContext ?? { producerId: '-1', inTransaction: false };
    if (message.isControlRecord || isDamagedMarker(message)) aborted.delete(producerId);
    else if (inTransaction && aborted.has(producerId)) message.isControlRecord = true;
  }
  partition.abortedTransactions = [];
}
