import { z } from 'zod';
import type { JobStatus } from '../../jobs/state/job-status.js';
import { remainingOf } from '../../jobs/state/remaining-work.js';

const count = z.int().min(0);

/** A job with its progress. */
export const jobAnswerSchema = z.object({
  id: z.string(),
  client: z.string().nullable().describe('The client that created the job; null when the gateway needs no API key.'),
  state: z
    .enum(['accepting', 'running', 'finished', 'cancelling', 'cancelled'])
    .describe(
      '`accepting`: the client is still sending images. `cancelling`: cancelled, but some images have no outcome yet.',
    ),
  pipeline: z.string().describe('Exact version.'),
  lane: z.string(),
  callback: z.string().nullable(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  images: count.describe('Images sent so far.'),
  tagged: count,
  failed: count.describe('Images with a problem instead of tags, including cancelled ones.'),
  waiting: count.describe('Images without a result yet.'),
  failures: z.record(z.string(), count).describe('Problem code → number of images with it.'),
  imagesPerSecond: z
    .number()
    .min(0)
    .nullable()
    .describe('Rate over the last minute; null before there is progress to measure.'),
  secondsLeft: z.number().min(0).nullable().describe('Time left at that rate; null without a rate.'),
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

/** Returns the paths of the job. */
export function linksOf(id: string): JobAnswer['links'] {
  return { self: `/v1/jobs/${id}`, results: `/v1/jobs/${id}/results`, events: `/v1/jobs/${id}/events` };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
