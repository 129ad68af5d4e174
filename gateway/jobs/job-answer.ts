import { z } from 'zod';
import type { JobStatus } from '../../jobs/state/job-status.js';
import { remainingOf } from '../../jobs/state/remaining.js';

const count = z.int().min(0);

/** Where a job stands. */
export const jobAnswerSchema = z.object({
  id: z.string(),
  client: z.string().nullable().describe('Who asked; null where no key was asked for.'),
  state: z
    .enum(['accepting', 'running', 'finished', 'cancelling', 'cancelled'])
    .describe(
      '`accepting`: its images are still being sent. `cancelling`: cancelled, and some of its images are not accounted for yet.',
    ),
  pipeline: z.string().describe('Exact version.'),
  lane: z.string(),
  callback: z.string().nullable(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  images: count.describe('Sent so far.'),
  tagged: count,
  failed: count.describe('With a problem in place of tags; those that were cancelled are among them.'),
  waiting: count.describe('Without a result yet.'),
  failures: z.record(z.string(), count).describe('Code of the problem, and how many images have it.'),
  imagesPerSecond: z.number().min(0).nullable().describe('Over the last minute; null before anything can be told.'),
  secondsLeft: z.number().min(0).nullable().describe('At that rate; null where it cannot be told.'),
  links: z.object({ self: z.string(), results: z.string(), events: z.string() }),
});

export type JobAnswer = z.infer<typeof jobAnswerSchema>;

export const jobAnswerExample: JobAnswer = {
  id: '0198c2a4d3e07b1c9f5e2a6d4c8b0f13',
  client: 'shop',
  state: 'running',
  pipeline: 'listing-photo@1',
  lane: 'bulk',
  callback: 'https://example.com/fanlight',
  createdAt: '2026-11-22T10:00:00.000Z',
  finishedAt: null,
  images: 100000,
  tagged: 39990,
  failed: 10,
  waiting: 60000,
  failures: { 'not-found': 10 },
  imagesPerSecond: 250,
  secondsLeft: 240,
  links: linksOf('0198c2a4d3e07b1c9f5e2a6d4c8b0f13'),
};

/** @param now epoch milliseconds */
export function jobAnswer(status: JobStatus, now: number): JobAnswer {
  const { job, tagged, failed, failures, finishedAt } = status;
  const { waiting, perSecond, secondsLeft } = remainingOf(status, now);
  return {
    id: job.id,
    client: job.client,
    state: stateOf(status),
    pipeline: job.pipeline,
    lane: job.lane,
    callback: job.callback,
    createdAt: new Date(job.createdAt).toISOString(),
    finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    images: job.images,
    tagged,
    failed,
    waiting,
    failures,
    imagesPerSecond: perSecond === null ? null : rounded(perSecond),
    secondsLeft: secondsLeft === null ? null : Math.ceil(secondsLeft),
    links: linksOf(job.id),
  };
}

function stateOf({ job: { state }, finishedAt }: JobStatus): JobAnswer['state'] {
  if (state === 'accepting') return 'accepting';
  if (state === 'cancelled') return finishedAt === null ? 'cancelling' : 'cancelled';
  return finishedAt === null ? 'running' : 'finished';
}

/** Where the job is found. */
export function linksOf(id: string): JobAnswer['links'] {
  return { self: `/v1/jobs/${id}`, results: `/v1/jobs/${id}/results`, events: `/v1/jobs/${id}/events` };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
