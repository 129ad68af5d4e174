import { createBatcher, type DispatchReason } from '../../primitives/batcher.js';
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
  readonly onDispatch?: (size: number, reason: DispatchReason) => void;
  readonly onUnavailable?: (error: FanlightError, attempt: number) => void;
}

/** Null if the record is stored, else the reason why the store can never take it. */
export type SinkOutcome = FanlightError | null;

export interface SinkBatcher<Value> {
  /** Rejects with the reason of the signal when the partition of the record is revoked before it is stored. */
  add(record: SinkRecord<Value>, signal: AbortSignal): Promise<SinkOutcome>;
  /** From now on, writes records as soon as the store has taken the previous batch. */
  drain(): void;
}

interface Entry<Value> {
  readonly record: SinkRecord<Value>;
  /** Aborts when the partition of the record is revoked. */
  readonly signal: AbortSignal;
}

/**
 * Groups records into batches for a sink. Repeats each write until the store has the batch, without end. A revoked
 * record leaves its batch: its new owner writes it, and a later write of the former owner would undo that.
 */
export function createSinkBatcher<Value>(options: SinkBatchOptions<Value>): SinkBatcher<Value> {
  const { sink, clock, random } = options;
  const batcher = createBatcher<Entry<Value>, SinkOutcome>({
    clock,
    maxSize: sink.batch.maxRecords,
    // The contract of Sink: one batch in flight, records of a partition in the order of their offsets.
    device: createSharedDevice(clock, 1),
    concurrency: 1,
    run: writeOwned,
    ...(options.onDispatch ? { onDispatch: options.onDispatch } : {}),
    expired: () => new Error('records for sinks have no deadline'),
  });

  /** Writes the records that are not revoked. When some are revoked meanwhile, writes the batch without them. */
  async function writeOwned(batch: readonly Entry<Value>[]): Promise<readonly SinkOutcome[]> {
    for (;;) {
      const owned = batch.filter(({ signal }) => !signal.aborted);
      const revoked = anyOf(owned.map(({ signal }) => signal));
      try {
        const outcomes = await writeUntilStored(inOrder(owned.map(({ record }) => record)), revoked);
        return batch.map(({ record }) => outcomes.get(place(record)) ?? null);
      } catch (error) {
        if (!revoked.aborted || batch.every(({ signal }) => signal.aborted)) throw error;
      }
    }
  }

  function writeUntilStored(
    records: readonly SinkRecord<Value>[],
    signal: AbortSignal,
  ): Promise<Map<string, FanlightError>> {
    async function write(): Promise<Map<string, FanlightError>> {
      const rejections = await sink.write(records, signal);
      return new Map(rejections.map(({ index, error }) => [place(records[index] as SinkRecord<Value>), error]));
    }
    return retryTransient(write, {
      ...{ clock, random, signal, backoff: storeBackoff },
      onRetry(error, attempt) {
        if (!signal.aborted) options.onUnavailable?.(error, attempt);
      },
    });
  }

  return {
    async add(record, signal) {
      const { maxDelayMs: delayMs } = sink.batch;
      const outcome = await batcher.add({ record, signal }, { delayMs, priority: 0, signal });
      signal.throwIfAborted();
      return outcome;
    },
    drain: batcher.drain,
  };
}

/** Usually, all records of a batch have the same signal. Then no signal is made that hangs on to a lasting one. */
function anyOf(signals: readonly AbortSignal[]): AbortSignal {
  const [first, ...others] = new Set(signals);
  return first !== undefined && others.length === 0 ? first : AbortSignal.any([...signals]);
}

function inOrder<Value>(records: readonly SinkRecord<Value>[]): SinkRecord<Value>[] {
  return [...records].sort(
    (a, b) =>
      a.topic.localeCompare(b.topic) || a.partition - b.partition || (BigInt(a.offset) < BigInt(b.offset) ? -1 : 1),
  );
}

function place({ topic, partition, offset }: SinkRecord<unknown>): string {
  return `${topic}/${partition}/${offset}`;
}
