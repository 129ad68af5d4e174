import type { DeliveredItems } from './delivered-items.js';
import type { PartStore } from '../results/part-store.js';
import type { Clock } from '../../primitives/clock.js';
import { asFanlightError, FanlightError } from '../../schemas/failure.js';
import { deriveId } from '../../schemas/ids.js';
import type { JobProgress, JobSummary } from '../../schemas/jobs.js';
import type { Callbacks, CallbackTarget, Delivery } from './callback.js';
import type { Codec } from '../../runtime/records/codec.js';
import type { Handler, Message, OutgoingMessage } from '../../runtime/records/message.js';
import { delayMs } from '../../runtime/failures/retry-policy.js';
import { attemptOf, retryRecord, type FailurePath } from '../../runtime/failures/retry-record.js';
import type { Endpoints } from './endpoints.js';
import type { ReadOrder } from './read-order.js';

export interface DeliverOptions {
  readonly path: FailurePath & { readonly lane: { readonly retryDelays: readonly [string, ...string[]] } };
  readonly codec: Codec;
  readonly callbacks: Callbacks;
  readonly endpoints: Endpoints;
  readonly parts: PartStore;
  readonly delivered: DeliveredItems;
  readonly order: ReadOrder;
  readonly clock: Clock;
  /** 0..1 */
  readonly random: () => number;
  readonly jitter: number;
  /** Longest time that the summary of a job waits for parts that are being retried (ms). */
  readonly summaryWaitsMs: number;
  readonly onDelivered: (kind: string) => void;
  readonly onFailed: (kind: string, error: FanlightError) => void;
  readonly onPostponed: (kind: string) => void;
}

/** Delivers a record of `job-progress` to the callback of its job. Returns a retry record for a postponed delivery. */
export function createDeliverer(options: DeliverOptions): Handler {
  const { path, codec, callbacks, endpoints, parts, delivered, order, clock } = options;
  const { retryDelays } = path.lane;

  return async function deliverProgress(message, { signal }) {
    const progress = (await codec.decode('job-progress', message.value)) as JobProgress;
    if (progress.callback === null) return [];
    const target = callbacks.parse(progress.callback);
    if (progress.summary) await order.earlier(message);
    if (progress.summary && (await isEarly(progress, progress.summary)))
      return [postpone(message, target, summaryDelay(clock.now() - progress.at))];
    try {
      const outcome = await endpoints.run(
        target.endpoint,
        async () => callbacks.deliver(target, await deliveryOf(progress), signal),
        signal,
      );
      if (outcome === 'busy') return [postpone(message, target, retryDelays[0])];
    } catch (thrown) {
      if (!signal.aborted) options.onFailed(target.kind, asFanlightError(thrown));
      throw thrown;
    }
    options.onDelivered(target.kind);
    return [];
  };

  /** Returns whether the summary must wait for results that are not delivered yet. */
  async function isEarly({ job, at }: JobProgress, { images }: JobSummary): Promise<boolean> {
    return clock.now() - at < options.summaryWaitsMs && (await delivered.count(job)) < images;
  }

  /** The delay grows with the time that the summary has waited, so that late summaries cause few look-ups. */
  function summaryDelay(waitedMs: number): string {
    return retryDelays.findLast((delay) => delayMs(delay) <= waitedMs / 2) ?? retryDelays[0];
  }

  /** Postponing is not a failure, so it does not count as an attempt. */
  function postpone(message: Message, { kind }: CallbackTarget, delay: string): OutgoingMessage {
    options.onPostponed(kind);
    const waitMs = delayMs(delay) * (1 + options.jitter * options.random());
    return retryRecord(message, path, { delay, dueAt: clock.now() + Math.round(waitMs), attempt: attemptOf(message) });
  }

  async function deliveryOf({ job, client, at, part, summary }: JobProgress): Promise<Delivery> {
    const common = { job, client, at };
    if (part)
      return { kind: 'results', id: deriveId(job, part.key), ...common, part, results: await parts.read(part.key) };
    if (summary) return { kind: 'finished', id: deriveId(job, 'summary'), ...common, summary };
    throw new FanlightError({
      code: 'invalid-event',
      message: `The record of the job ${job} holds neither a part nor a summary.`,
      remedy: 'Find out which program writes to job-progress.',
    });
  }
}
