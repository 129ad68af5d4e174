import type { PartStore } from './part-store.js';
import { createBatcher, type Batcher } from '../../primitives/batcher.js';
import type { Clock } from '../../primitives/clock.js';
import { createSharedDevice } from '../../primitives/shared-device.js';
import type { FanlightError } from '../../schemas/failure.js';
import { deriveId } from '../../schemas/ids.js';
import type { JobPart, JobProgress, JobResult } from '../../schemas/jobs.js';
import { storeBackoff } from '../../runtime/failures/retry-policy.js';
import { retryTransient } from '../../runtime/failures/transient-retries.js';
import type { JobOutcome } from './job-outcome.js';

export interface PartWriterOptions {
  readonly parts: PartStore;
  /** Publishes to the topic `job-progress`; resolves once the record is durable. */
  readonly announce: (progress: JobProgress) => Promise<void>;
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  /** Ends the retries while the store is unavailable. */
  readonly signal: AbortSignal;
  readonly onUnavailable?: (error: FanlightError, attempt: number) => void;
}

/** Most results in one part: few enough for one request to a callback. */
export const partSize = 200;
/** Longest time that a result waits for further results of its job (ms). */
export const partDelayMs = 500;
/** Most parts that are written at the same time. */
const concurrency = 8;

/** Groups results by job, writes each group as a part, and then announces it. An `add` resolves after that. */
export function createPartWriter(options: PartWriterOptions): Batcher<JobOutcome, void> {
  const { parts, announce, clock, random, signal, onUnavailable } = options;
  return createBatcher<JobOutcome, void>({
    clock,
    maxSize: partSize,
    device: createSharedDevice(clock, concurrency),
    concurrency,
    groupOf: ({ result }) => result.job,
    run: (outcomes) => writePart(outcomes).then(() => outcomes.map(() => undefined)),
    expired: () => new Error('results of jobs have no deadline'),
  });

  async function writePart(outcomes: readonly JobOutcome[]): Promise<void> {
    const [first] = outcomes;
    if (first === undefined) return;
    const results = outcomes.map(({ result }) => result);
    const key = partKey(results);
    const retry = { clock, random, signal, backoff: storeBackoff, onRetry: onUnavailable };
    await retryTransient(() => parts.write(key, results), retry);
    const { client, callback, result } = first;
    await announce({
      job: result.job,
      client,
      callback,
      part: describePart(key, results),
      summary: null,
      at: clock.now(),
    });
  }
}

/** Returns the same key for the same results, so that a repeated write replaces the part. */
function partKey(results: readonly JobResult[]): string {
  return `jobs/${results[0]?.job ?? ''}/${deriveId(...results.map(({ id, problem }) => `${id} ${problem?.code ?? ''}`))}.ndjson`;
}

function describePart(key: string, results: readonly JobResult[]): JobPart {
  const failed: Record<string, number[]> = {};
  for (const { item, problem } of results) if (problem) (failed[problem.code] ??= []).push(item);
  return { key, items: results.map(({ item }) => item), failed };
}
