import { z } from 'zod';
import type { JobStates } from '../../jobs/state/job-states.js';
import type { JobStatus } from '../../jobs/state/job-status.js';
import { backoffMs } from '../../primitives/backoff.js';
import { sleep, type Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import type { HttpContext } from '../../http/context.js';
import { ProblemError } from '../../http/problems/problem.js';
import { timeOfJobId } from '../../jobs/submission/job-id.js';

export const jobParameters = z.object({ id: z.string().describe('The id of a job.') });

/** How long after a job was made it may still be unknown, milliseconds. */
const youngMs = 5_000;
/** How soon it is looked for again, milliseconds: ids of jobs that do not exist are easily invented. */
const lookAgain = { baseMs: 100, maxMs: 2_000 } as const;

/**
 * The job that the path names, if the caller may see it: those of others exist for admins only. What was accepted a
 * moment ago
 * is waited for. Throws `no-such-job` and `jobs-unavailable`.
 */
export async function findJob(context: HttpContext, states: JobStates, clock: Clock): Promise<JobStatus> {
  const id = context.req.param('id') ?? '';
  const madeAt = timeOfJobId(id);
  if (madeAt === undefined) throw noSuchJob(id);
  let status = await asked(() => states.find(id));
  for (let looks = 1; status === undefined && Math.abs(clock.now() - madeAt) < youngMs; looks += 1) {
    await sleep(clock, backoffMs(looks, lookAgain, 1), context.req.raw.signal);
    status = await asked(() => states.find(id));
  }
  const { client, isAdmin } = context.get('caller');
  if (status === undefined || (!isAdmin && status.job.client !== (client ?? null))) throw noSuchJob(id);
  return status;
}

/** Runs a question to where jobs stand. Throws `jobs-unavailable` when there is no answer. */
export async function asked<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (cause) {
    if (!(cause instanceof FanlightError) || cause.code !== 'store-unavailable') throw cause;
    throw new ProblemError(
      {
        code: 'jobs-unavailable',
        detail: 'Where jobs stand cannot be told at the moment; the jobs themselves go on.',
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
    remedy: 'Take the id from the Location of POST /v1/jobs; jobs are forgotten a week after their last image.',
  });
}
