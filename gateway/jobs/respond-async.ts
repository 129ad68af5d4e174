import type { RandomHex } from '../../primitives/trace-context.js';
import type { Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import type { Job } from '../../schemas/jobs.js';
import type { LaneName } from '../../schemas/lanes.js';
import type { HttpContext } from '../../http/context.js';
import type { Preference } from '../../http/requests/prefer.js';
import type { ImageOrder, ImageOutcome } from '../requests/tag-images.js';
import { acknowledged, beginsWithinMs } from '../../jobs/submission/acknowledged.js';
import { jobAnswer } from './job-answer.js';
import { newJobId } from '../../jobs/submission/job-id.js';
import type { JobServices } from './ports.js';
import { submitJob } from '../../jobs/submission/submit-job.js';

export interface AsyncAnswersOptions {
  readonly jobs: Pick<JobServices, 'queue'>;
  readonly clock: Clock;
  readonly randomHex: RandomHex;
}

/** What becomes of a request that rather has a job than an error (RFC 7240, `respond-async`). */
export interface AsyncAnswers {
  begin(asked: Omit<AsyncJob, 'id' | 'sent'>): AsyncJob;
  /** Whether images are missing because they were not ready in time, and the job has all of them. */
  isLate(job: AsyncJob, outcomes: readonly ImageOutcome[]): boolean;
  /** The job of images that are being tagged for the request. */
  announced(context: HttpContext, job: AsyncJob): Promise<Response>;
  /** The job of images that there is no room for among those for whom people wait: it runs in `bulk`. */
  deferred(context: HttpContext, job: AsyncJob): Promise<Response>;
}

export interface AsyncJob {
  readonly id: string;
  /** Items that cannot be lost any more. */
  readonly sent: Set<number>;
  readonly pipeline: string;
  readonly orders: readonly ImageOrder[];
  readonly preference: Preference;
}

export function createAsyncAnswers({ jobs: { queue }, clock, randomHex }: AsyncAnswersOptions): AsyncAnswers {
  function jobOf(context: HttpContext, { id, pipeline, orders }: AsyncJob, lane: LaneName): Job {
    const now = clock.now();
    const { client = null } = context.get('caller');
    return {
      id,
      client,
      pipeline,
      lane,
      callback: null,
      state: 'accepted',
      images: differentOf(orders).length,
      createdAt: now,
      updatedAt: now,
    };
  }

  function accepted(context: HttpContext, job: Job, preference: Preference): Response {
    const status = { job, tagged: 0, failed: 0, cancelled: 0, failures: {}, parts: 0, finishedAt: null, samples: [] };
    return context.json(jobAnswer(status, clock.now()), 202, {
      location: `/v1/jobs/${job.id}`,
      'preference-applied': applied(preference),
    });
  }

  return {
    begin: (asked) => ({ ...asked, id: newJobId(clock.now(), randomHex), sent: new Set() }),
    isLate: ({ orders, sent }, outcomes) =>
      sent.size === differentOf(orders).length &&
      outcomes.some(
        (outcome) =>
          'thrown' in outcome && outcome.thrown instanceof FanlightError && outcome.thrown.code === 'deadline-exceeded',
      ),
    async announced(context, asked) {
      const job = jobOf(context, asked, 'realtime');
      await acknowledged(queue.announce(job), beginsWithinMs, clock);
      return accepted(context, job, asked.preference);
    },
    async deferred(context, asked) {
      const images = await Promise.all(
        differentOf(asked.orders).map(async (order, item) => ({ event: await order.event(), item, reference: null })),
      );
      const begun = { ...jobOf(context, asked, 'bulk'), state: 'accepting', images: 0 } as const;
      const job = await submitJob(begun, [images], {
        queue,
        clock,
        charge: alreadyCharged,
        traceparent: context.get('facts').trace.traceparent,
      });
      return accepted(context, job, asked.preference);
    },
  };
}

/** Whoever defers images has charged them: the request asked for them, whichever lane they pass. */
const alreadyCharged = () => Promise.resolve();

/** What is said of the preference in an answer that took it into account. */
export function applied({ wait }: Preference): string {
  return wait === undefined ? 'respond-async' : `respond-async, wait=${wait}`;
}

function differentOf(orders: readonly ImageOrder[]): readonly ImageOrder[] {
  return [...new Map(orders.map((order) => [order.key, order])).values()];
}
