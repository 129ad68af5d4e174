import { createBatcher, type Batcher, type DispatchReason } from '../../primitives/batcher.js';
import type { Clock } from '../../primitives/clock.js';
import { createSharedDevice } from '../../primitives/shared-device.js';
import type { FanlightError } from '../../schemas/failure.js';
import type { Sink, SinkRecord } from '../../sinks/sink.js';
import { storeBackoff } from '../failures/retry-policy.js';
import { retryTransient } from '../failures/transient-retries.js';

export interface SinkBatchOptions<Value> {
  readonly sink: Sink<Value>;
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  /** Ends the wait for a store that is down. */
  readonly signal: AbortSignal;
  readonly onDispatch?: (size: number, reason: DispatchReason) => void;
  readonly onUnavailable?: (error: FanlightError, attempt: number) => void;
}

/** Null if the record is stored, else the reason why the store can never take it. */
export type SinkOutcome = FanlightError | null;

/** Groups records into batches for a sink. Repeats each write until the store has the batch, without end. */
export function createSinkBatcher<Value>(options: SinkBatchOptions<Value>): Batcher<SinkRecord<Value>, SinkOutcome> {
  const { sink, clock } = options;
  return createBatcher<SinkRecord<Value>, SinkOutcome>({
    clock,
    maxSize: sink.batch.maxRecords,
    // The contract of Sink: one batch in flight, records of a partition in the order of their offsets.
    device: createSharedDevice(clock, 1),
    concurrency: 1,
    run: (records) =>
      writeUntilStored(latestRead(records)).then((outcomes) =>
        records.map((record) => outcomes.get(place(record)) ?? null),
      ),
    ...(options.onDispatch ? { onDispatch: options.onDispatch } : {}),
    expired: () => new Error('records for sinks have no deadline'),
  });

  function writeUntilStored(records: readonly SinkRecord<Value>[]): Promise<Map<string, FanlightError>> {
    const { random, signal, onUnavailable } = options;
    async function write(): Promise<Map<string, FanlightError>> {
      const rejections = await sink.write(records);
      return new Map(rejections.map(({ index, error }) => [place(records[index] as SinkRecord<Value>), error]));
    }
    return retryTransient(write, { clock, random, signal, backoff: storeBackoff, onRetry: onUnavailable });
  }
}

/** Removes repeats and sorts by offset: after a rebalance the worker reads records again that still wait here. */
function latestRead<Value>(records: readonly SinkRecord<Value>[]): SinkRecord<Value>[] {
  const byPlace = new Map(records.map((record) => [place(record), record]));
  return [...byPlace.values()].sort(
    (a, b) =>
      a.topic.localeCompare(b.topic) || a.partition - b.partition || (BigInt(a.offset) < BigInt(b.offset) ? -1 : 1),
  );
}

function place({ topic, partition, offset }: SinkRecord<unknown>): string {
  return `${topic}/${partition}/${offset}`;
}
