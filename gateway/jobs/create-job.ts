import type { RandomHex } from '../../primitives/trace-context.js';
import type { Clock } from '../../primitives/clock.js';
import type { Job } from '../../schemas/jobs.js';
import type { HttpContext } from '../../http/context.js';
import type { GatewayLimits } from '../limits.js';
import { choosePipeline, type PipelineOffers } from '../pipelines.js';
import type { JobImage } from '../../jobs/ports.js';
import { ProblemError } from '../../http/problems/problem.js';
import { readLines } from '../../http/bodies/lines.js';
import type { RequestBody } from '../../http/bodies/request-body.js';
import type { Reading } from '../../http/bodies/whole-body.js';
import { parseLine } from '../../http/requests/forms.js';
import { readList } from '../../http/requests/read-list.js';
import { imageByUrl } from '../requests/listing-image.js';
import { formOf, requireJsonAccepted } from '../../http/requests/media-types.js';
import { parseQuery } from '../../http/requests/parse.js';
import type { Route } from '../../http/route.js';
import { jobAnswer, jobAnswerExample, jobAnswerSchema } from './job-answer.js';
import { newJobId } from '../../jobs/submission/job-id.js';
import { createJobForms, defaultJobLane, type JobImageRequest, type JobWishes } from './job-request.js';
import type { JobServices } from './ports.js';
import { submitJob } from '../../jobs/submission/submit-job.js';

export interface CreateJobOptions {
  readonly jobs: Pick<JobServices, 'queue' | 'checkCallback'>;
  readonly clock: Clock;
  /** How bodies are read. */
  readonly reading: Reading;
  readonly randomHex: RandomHex;
  readonly pipelines: PipelineOffers;
  readonly limits: GatewayLimits;
}

/** Images that are sent to the queues together. */
const batchSize = 500;

const details = `Images by URL, as a JSON list, or as lines of NDJSON of any length: lines are taken in while they arrive, and their images are tagged meanwhile.

The answer comes when all images are safe in the queues. When something is wrong with the body, or it ends early, the job is cancelled: images of it that have \
begun are tagged, and nothing else is. Repeat the whole request then.

Results are read at \`/v1/jobs/{id}/results\`, and sent to the \`callback\` as they come.`;

/** `POST /v1/jobs`: images in, a job out. */
export function createJobRoute({ jobs, clock, reading, randomHex, pipelines, limits }: CreateJobOptions): Route {
  const forms = createJobForms(limits);

  async function begin(wishes: JobWishes, client: string | undefined): Promise<Job> {
    const pipeline = choosePipeline(pipelines, { pipeline: wishes.pipeline });
    if (wishes.callback !== undefined) await jobs.checkCallback(wishes.callback, client);
    const now = clock.now();
    return {
      id: newJobId(now, randomHex),
      client: client ?? null,
      pipeline,
      lane: wishes.lane ?? defaultJobLane,
      callback: wishes.callback ?? null,
      state: 'accepting',
      images: 0,
      createdAt: now,
      updatedAt: now,
    };
  }

  /** What is wrong before the first image is said before there is a job. */
  async function order(
    context: HttpContext,
  ): Promise<{ readonly job: Job; readonly images: AsyncIterable<readonly JobImage[]> }> {
    const { req } = context;
    const { client } = context.get('caller');
    const form = formOf(req.raw.headers, [forms.document, forms.lines]);
    if (form.kind === 'json') {
      const { rest, elements } = await readList(forms.document, context, reading);
      const job = await begin(rest, client);
      return { job, images: inBatches(elements, job.pipeline) };
    }
    const job = await begin(parseQuery(forms.lines.query, new URL(req.url).searchParams), client);
    return { job, images: requireSome(linesOf(context.get('body'), job.pipeline)) };
  }

  async function* linesOf(body: RequestBody, pipeline: string): AsyncGenerator<readonly JobImage[]> {
    body.memory.take(limits.jobStreamBytes);
    body.memory.keep();
    const pace = { totalMs: limits.jobMs, idleMs: limits.jobIdleMs };
    const lines = readLines(body, {
      ...reading,
      pace,
      limitBytes: limits.jobLineBytes,
      batch: batchSize,
      blankLines: limits.blankLines,
    });
    let item = 0;
    for await (const batch of lines)
      yield batch.map((line) => orderOf(parseLine(forms.lines.schema, line), item++, pipeline));
  }

  return {
    method: 'POST',
    path: '/v1/jobs',
    id: 'createJob',
    about: `Tags many images: {"images": [{"url": …}, …]} (up to ${limits.jobImages}) as JSON, or a line of NDJSON for each image, as many as there are.`,
    details,
    scope: 'jobs',
    forms: [forms.document, forms.lines],
    answers: {
      202: {
        about: 'The job; its images are in the queues.',
        mediaType: 'application/json',
        shapes: [{ name: 'Job', schema: jobAnswerSchema, example: jobAnswerExample }],
        headers: { location: 'Where the job is found.' },
      },
    },
    problems: [
      'malformed-json',
      'invalid-request',
      'unknown-pipeline',
      'invalid-callback',
      'not-acceptable',
      'job-cancelled',
      'too-large',
      'line-too-long',
      'unsupported-media-type',
      'store-unavailable',
      'not-ready',
    ],
    async handle(context) {
      requireJsonAccepted(context.req.header('accept'));
      const { job: begun, images } = await order(context);
      const job = await submitJob(begun, images, {
        queue: jobs.queue,
        clock,
        charge: (count) => context.get('caller').chargeImages(count),
        traceparent: context.get('facts').trace.traceparent,
      });
      const status = { job, tagged: 0, failed: 0, cancelled: 0, failures: {}, parts: 0, finishedAt: null, samples: [] };
      return context.json(jobAnswer(status, clock.now()), 202, { location: `/v1/jobs/${job.id}` });
    },
  };
}

async function* inBatches(images: readonly JobImageRequest[], pipeline: string): AsyncGenerator<readonly JobImage[]> {
  for (let at = 0; at < images.length; at += batchSize) {
    yield images.slice(at, at + batchSize).map((image, index) => orderOf(image, at + index, pipeline));
  }
}

async function* requireSome(batches: AsyncIterable<readonly JobImage[]>): AsyncGenerator<readonly JobImage[]> {
  let some = false;
  for await (const batch of batches) {
    some = true;
    yield batch;
  }
  if (some) return;
  throw new ProblemError({
    code: 'invalid-request',
    detail: 'The body has no line.',
    remedy: 'Send one JSON document a line, such as {"url": "https://example.com/photo.jpg"}.',
  });
}

function orderOf(image: JobImageRequest, item: number, pipeline: string): JobImage {
  return { event: imageByUrl(image, pipeline), item, reference: image.reference ?? null };
}
