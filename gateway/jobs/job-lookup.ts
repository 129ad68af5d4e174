import { z } from 'zod';
import { jobKeptDays, type JobStates } from '../../jobs/state/job-states.js';
import type { JobStatus } from '../../jobs/state/job-status.js';
import { backoffMs } from '../../primitives/backoff.js';
import { sleep, type Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import type { HttpContext } from '../../http/context.js';
import { ProblemError } from '../../http/problems/problem.js';
import { timeOfJobId } from '../../jobs/submission/job-id.js';

export const jobParameters = z.object({ id: z.string().describe('Id of a job.') });

/** Time after its creation during which a job may not be in the state store yet (ms). */
const youngMs = 5_000;
/** Backoff between look-ups of a young job. It grows, because clients can invent ids of jobs that do not exist. */
const lookUpBackoff = { baseMs: 100, maxMs: 2_000 } as const;

/**
 * Returns the job that the path names. Only its client and admins can see it. Waits for a job that was created a moment
 * ago. Throws `no-such-job` and `jobs-unavailable`.
 */
export async function findJob(context: HttpContext, states: JobStates, clock: Clock): Promise<JobStatus> {
  const id = context.req.param('id') ?? '';
  const madeAt = timeOfJobId(id);
  if (madeAt === undefined) throw noSuchJob(id);
  let status = await queryStates(() => states.find(id));
  for (let looks = 1; status === undefined && Math.abs(clock.now() - madeAt) < youngMs; looks += 1) {
    await sleep(clock, backoffMs(looks, lookUpBackoff, 1), context.req.raw.signal);
    status = await queryStates(() => states.find(id));
  }
  const { client, isAdmin } = context.get('caller');
  if (status === undefined || (!isAdmin && status.job.client !== (client ?? null))) throw noSuchJob(id);
  return status;
}

/** Runs a query for the state of jobs. Throws `jobs-unavailable` when the store is unavailable. */
export async function queryStates<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (cause) {
    if (!(cause instanceof FanlightError) || cause.code !== 'store-unavailable') throw cause;
    throw new ProblemError(
      {
        code: 'jobs-unavailable',
        detail: 'The state of jobs is unavailable at the moment. The jobs themselves continue.',
        remedy: 'Try again after the time in Retry-After.',
      },
      { cause },
    );
  }
}

function noSuchJob(id: string): ProblemError {
  return new ProblemError({
    code: 'no-such-job',
    detail: `There is no job ${JSON.stringify(id.slice(0, 64))} of this client.`,
    remedy: `Take the id from the Location of POST /v1/jobs. Jobs are kept for ${jobKeptDays} days after their last image.`,
  });
}
