import type { Clock } from '../../primitives/clock.js';
import type { Route } from '../../http/route.js';
import { announceWithinMs, awaitAcknowledgement } from '../../jobs/submission/acknowledgement.js';
import { findJob, jobParameters } from './job-lookup.js';
import { jobAnswer, jobAnswerExample, jobAnswerSchema } from './job-answer.js';
import type { JobServices } from './job-services.js';

export interface JobRouteOptions {
  readonly jobs: JobServices;
  readonly clock: Clock;
}

const answer = {
  mediaType: 'application/json',
  shapes: [{ name: 'Job', schema: jobAnswerSchema, example: jobAnswerExample }],
} as const;

export function getJobRoute({ jobs, clock }: JobRouteOptions): Route {
  return {
    method: 'GET',
    path: '/v1/jobs/:id',
    id: 'getJob',
    about: 'Returns the state of a job: images done, rate, and failures by code.',
    scope: 'jobs',
    parameters: jobParameters,
    answers: { 200: { about: 'The job.', ...answer } },
    problems: ['no-such-job', 'jobs-unavailable'],
    async handle(context) {
      return context.json(jobAnswer(await findJob(context, jobs.states, clock), clock.now()));
    },
  };
}

export function cancelJobRoute({ jobs, clock }: JobRouteOptions): Route {
  return {
    method: 'DELETE',
    path: '/v1/jobs/:id',
    id: 'cancelJob',
    about:
      'Cancels a job: images that were not started are skipped and get the problem `job-cancelled`. A job that has ended does not change.',
    scope: 'jobs',
    parameters: jobParameters,
    answers: { 200: { about: 'The job.', ...answer } },
    problems: ['no-such-job', 'jobs-unavailable', 'not-ready'],
    async handle(context) {
      const status = await findJob(context, jobs.states, clock);
      if (status.finishedAt !== null || status.job.state === 'cancelled')
        return context.json(jobAnswer(status, clock.now()));
      const job = { ...status.job, state: 'cancelled', updatedAt: clock.now() } as const;
      await awaitAcknowledgement(jobs.queue.announce(job), announceWithinMs, clock);
      return context.json(jobAnswer({ ...status, job }, clock.now()));
    },
  };
}
