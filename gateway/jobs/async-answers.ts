import type { RandomHex } from '../../primitives/trace-context.js';
import type { Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import type { Job } from '../../schemas/jobs.js';
import type { LaneName } from '../../schemas/lanes.js';
import type { HttpContext } from '../../http/context.js';
import type { Preference } from '../../http/requests/prefer-header.js';
import type { RequestedImage, ImageOutcome } from '../requests/image-tagging.js';
import { announceWithinMs, awaitAcknowledgement } from '../../jobs/submission/acknowledgement.js';
import { newJobStatus } from '../../jobs/state/job-status.js';
import { batchesOf } from '../../jobs/submission/batches.js';
import { jobAnswer, linksOf } from './job-answer.js';
import { newJobId } from '../../jobs/submission/job-id.js';
import { createJob } from '../../jobs/submission/new-job.js';
import type { JobServices } from './job-services.js';
import { submitJob } from '../../jobs/submission/submission.js';

export interface AsyncAnswersOptions {
  readonly jobs: Pick<JobServices, 'queue'>;
  readonly clock: Clock;
  readonly randomHex: RandomHex;
}

/** Answers requests with `Prefer: respond-async` (RFC 7240) by a job when their tags are late. */
export interface AsyncAnswers {
  /** Returns the job that the images of a request will belong to. Publishes nothing. */
  begin(asked: Omit<AsyncJob, 'id' | 'sent'>): AsyncJob;
  /** Returns whether an image missed the deadline, and all images are durable in the queue. */
  isLate(job: AsyncJob, outcomes: readonly ImageOutcome[]): boolean;
  /** Announces the job of images that workers are tagging in `realtime`, and answers with it. */
  announced(context: HttpContext, job: AsyncJob): Promise<Response>;
  /** Submits images that `realtime` has no room for as a job in `bulk`, and answers with it. */
  deferred(context: HttpContext, job: AsyncJob): Promise<Response>;
}

export interface AsyncJob {
  readonly id: string;
  /** Items that are durable in the queue. */
  readonly sent: Set<number>;
  readonly pipeline: string;
  readonly requested: readonly RequestedImage[];
  readonly preference: Preference;
}

export function createAsyncAnswers({ jobs: { queue }, clock, randomHex }: AsyncAnswersOptions): AsyncAnswers {
  function jobOf(context: HttpContext, { id, pipeline }: AsyncJob, lane: LaneName): Job {
    const { client = null } = context.get('caller');
    return createJob({ id, client, pipeline, lane, callback: null }, clock.now());
  }

  function accepted(context: HttpContext, job: Job, preference: Preference): Response {
    return context.json(jobAnswer(newJobStatus(job), clock.now()), 202, {
      location: linksOf(job.id).self,
      'preference-applied': applied(preference),
    });
  }

  return {
    begin: (asked) => ({ ...asked, id: newJobId(clock.now(), randomHex), sent: new Set() }),
    isLate: ({ requested, sent }, outcomes) =>
      sent.size === distinct(requested).length &&
      outcomes.some(
        (outcome) =>
          'thrown' in outcome && outcome.thrown instanceof FanlightError && outcome.thrown.code === 'deadline-exceeded',
      ),
    async announced(context, asked) {
      const images = distinct(asked.requested).length;
      const job = { ...jobOf(context, asked, 'realtime'), state: 'accepted', images } as const;
      await awaitAcknowledgement(queue.announce(job), announceWithinMs, clock);
      return accepted(context, job, asked.preference);
    },
    async deferred(context, asked) {
      const images = await Promise.all(
        distinct(asked.requested).map(async (image) => ({ event: await image.event(), reference: null })),
      );
      const job = await submitJob(jobOf(context, asked, 'bulk'), batchesOf(images), {
        queue,
        clock,
        charge: alreadyCharged,
        traceparent: context.get('facts').trace.traceparent,
      });
      return accepted(context, job, asked.preference);
    },
  };
}

/** The route has charged the client for the images before it defers them. */
const alreadyCharged = () => Promise.resolve();

/** Returns the `Preference-Applied` header of an answer that honours the preference. */
export function applied({ wait }: Preference): string {
  return wait === undefined ? 'respond-async' : `respond-async, wait=${wait}`;
}

function distinct(requested: readonly RequestedImage[]): readonly RequestedImage[] {
  return [...new Map(requested.map((image) => [image.key, image])).values()];
}
