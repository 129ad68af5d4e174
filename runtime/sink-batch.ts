import { backoffMs } from '../primitives/backoff.js';
import { createBatcher, type Batcher, type DispatchReason } from '../primitives/batcher.js';
import { sleep, type Clock } from '../primitives/clock.js';
import { createDevice } from '../primitives/device.js';
import { asFanlightError, type FanlightError } from '../schemas/failure.js';
import type { Sink, TagRecord } from '../sinks/sink.js';

export interface SinkBatchOptions {
  readonly sink: Sink;
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  /** Aborts waiting for a store that is down. */
  readonly signal: AbortSignal;
  readonly onDispatch?: (size: number, reason: DispatchReason) => void;
  readonly onUnavailable?: (error: FanlightError, attempt: number) => void;
}

/** Null: stored. Otherwise why the store can never take the record. */
export type SinkOutcome = FanlightError | null;

/** Groups records for a sink and writes each batch until the store has it, however long it is down. */
export function createSinkBatcher(options: SinkBatchOptions): Batcher<TagRecord, SinkOutcome> {
  const { sink, clock } = options;
  return createBatcher<TagRecord, SinkOutcome>({
    clock,
    maxSize: sink.batch.maxRecords,
    // The sink's contract: one batch at a time, offsets of a partition in order.
    device: createDevice(clock, 1),
    concurrency: 1,
    run: (records) => writeUntilStored(latestRead(records)).then((outcomes) => records.map((record) => outcomes.get(place(record)) ?? null)),
    ...(options.onDispatch ? { onDispatch: options.onDispatch } : {}),
    expired: () => new Error('tag results have no deadline'),
  });

  async function writeUntilStored(records: readonly TagRecord[]): Promise<Map<string, FanlightError>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const rejections = await sink.write(records);
        return new Map(rejections.map(({ index, error }) => [place(records[index] as TagRecord), error]));
      } catch (thrown) {
        const error = asFanlightError(thrown);
        if (!error.retryable) throw error;
        options.onUnavailable?.(error, attempt);
        await sleep(clock, backoffMs(attempt, { baseMs: 250, maxMs: 5_000 }, 0.5 + options.random() / 2), options.signal);
      }
    }
  }
}

/** Each place of a partition once and in order: after a rebalance records are read again while they wait here. */
function latestRead(records: readonly TagRecord[]): TagRecord[] {
  const byPlace = new Map(records.map((record) => [place(record), record]));
  return [...byPlace.values()].sort(
    (a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition || (BigInt(a.offset) < BigInt(b.offset) ? -1 : 1),
  );
}

function place({ topic, partition, offset }: TagRecord): string {
  return `${topic}/${partition}/${offset}`;
}
