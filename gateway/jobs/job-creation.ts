import type { RandomHex } from '../../primitives/trace-context.js';
import type { Clock } from '../../primitives/clock.js';
import type { Job } from '../../schemas/jobs.js';
import type { HttpContext } from '../../http/context.js';
import type { GatewayLimits } from '../limits.js';
import { choosePipeline, type PipelineOffers } from '../pipelines.js';
import type { SubmittedImage } from '../../jobs/submission/job-queue.js';
import { ProblemError } from '../../http/problems/problem.js';
import { readBodyLines } from '../../http/bodies/lines.js';
import type { RequestBody } from '../../http/bodies/request-body.js';
import type { BodyReadOptions } from '../../http/bodies/whole-body.js';
import { parseLine } from '../../http/requests/forms.js';
import { readList } from '../../http/requests/list-body.js';
import { imageByUrl } from '../requests/listing-image.js';
import { formOf, requireJsonAccepted } from '../../http/requests/media-types.js';
import { parseQuery } from '../../http/requests/validation.js';
import type { Route } from '../../http/route.js';
import { jobAnswer, jobAnswerExample, jobAnswerSchema, linksOf } from './job-answer.js';
import { batchesOf, batchSize } from '../../jobs/submission/batches.js';
import { newJobId } from '../../jobs/submission/job-id.js';
import { createJob } from '../../jobs/submission/new-job.js';
import { newJobStatus } from '../../jobs/state/job-status.js';
import { createJobForms, defaultJobLane, type JobImageRequest, type JobWishes } from './job-request.js';
import type { JobServices } from './job-services.js';
import { submitJob, type Batches } from '../../jobs/submission/submission.js';

export interface CreateJobOptions {
  readonly jobs: Pick<JobServices, 'queue' | 'checkCallback'>;
  readonly clock: Clock;
  readonly reading: BodyReadOptions;
  readonly randomHex: RandomHex;
  readonly pipelines: PipelineOffers;
  readonly limits: GatewayLimits;
}

interface Submission {
  readonly job: Job;
  readonly batches: Batches;
}

const details = `Takes images by URL: a JSON list, or any number of NDJSON lines. The gateway reads lines while they arrive, and workers tag their images meanwhile.

The answer comes once all images are durable in the queues. If the body is wrong or ends early, the gateway cancels the job: workers finish the images that they \
have started and skip the rest. Then repeat the whole request.

Read the results at \`/v1/jobs/{id}/results\`. Fanlight also sends them to the \`callback\` as they come.`;

/** `POST /v1/jobs` */
export function createJobRoute({ jobs, clock, reading, randomHex, pipelines, limits }: CreateJobOptions): Route {
  const forms = createJobForms(limits);

  async function begin(wishes: JobWishes, client: string | undefined): Promise<Job> {
    const pipeline = choosePipeline(pipelines, { pipeline: wishes.pipeline });
    if (wishes.callback !== undefined) await jobs.checkCallback(wishes.callback, client);
    const now = clock.now();
    return createJob(
      {
        id: newJobId(now, randomHex),
        client: client ?? null,
        pipeline,
        lane: wishes.lane ?? defaultJobLane,
        callback: wishes.callback ?? null,
      },
      now,
    );
  }

  /** Rejects before the job exists when anything but a line of the body is wrong. */
  async function readSubmission(context: HttpContext): Promise<Submission> {
    const { req } = context;
    const { client } = context.get('caller');
    const form = formOf(req.raw.headers, [forms.document, forms.lines]);
    if (form.kind === 'json') {
      const { rest, elements } = await readList(forms.document, context, reading);
      const job = await begin(rest, client);
      return { job, batches: listBatches(elements, job.pipeline) };
    }
    const job = await begin(parseQuery(forms.lines.query, new URL(req.url).searchParams), client);
    return { job, batches: requireSome(linesOf(context.get('body'), job.pipeline)) };
  }

  async function* linesOf(body: RequestBody, pipeline: string): AsyncGenerator<readonly SubmittedImage[]> {
    body.memory.take(limits.jobStreamBytes);
    body.memory.keep();
    const pace = { totalMs: limits.jobMs, idleMs: limits.jobIdleMs };
    const lines = readBodyLines(body, {
      ...reading,
      pace,
      limitBytes: limits.jobLineBytes,
      batch: batchSize,
      blankLines: limits.blankLines,
    });
    for await (const batch of lines)
      yield batch.map((line) => submittedImage(parseLine(forms.lines.schema, line), pipeline));
  }

  return {
    method: 'POST',
    path: '/v1/jobs',
    id: 'createJob',
    about: `Creates a job that tags many images: {"images": [{"url": …}, …]} (up to ${limits.jobImages}) as JSON, or any number of NDJSON lines, one per image.`,
    details,
    scope: 'jobs',
    forms: [forms.document, forms.lines],
    answers: {
      202: {
        about: 'The job. Its images are in the queues.',
        mediaType: 'application/json',
        shapes: [{ name: 'Job', schema: jobAnswerSchema, example: jobAnswerExample }],
        headers: { location: 'URL of the job.' },
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
      const submission = await readSubmission(context);
      const job = await submitJob(submission.job, submission.batches, {
        queue: jobs.queue,
        clock,
        charge: (count) => context.get('caller').chargeImages(count),
        traceparent: context.get('facts').trace.traceparent,
      });
      return context.json(jobAnswer(newJobStatus(job), clock.now()), 202, { location: linksOf(job.id).self });
    },
  };
}

/** Creates events batch by batch, because the events of a long list would block the event loop. */
function* listBatches(elements: readonly JobImageRequest[], pipeline: string): Generator<readonly SubmittedImage[]> {
  for (const batch of batchesOf(elements)) yield batch.map((image) => submittedImage(image, pipeline));
}

/** Yields the batches. Throws `invalid-request` at the end when there was none. */
async function* requireSome(
  batches: AsyncIterable<readonly SubmittedImage[]>,
): AsyncGenerator<readonly SubmittedImage[]> {
  let isEmpty = true;
  for await (const batch of batches) {
    isEmpty = false;
    yield batch;
  }
  if (!isEmpty) return;
  throw new ProblemError({
    code: 'invalid-request',
    detail: 'The body has no line.',
    remedy: 'Send one JSON document per line, such as {"url": "https://example.com/photo.jpg"}.',
  });
}

function submittedImage(image: JobImageRequest, pipeline: string): SubmittedImage {
  return { event: imageByUrl(image, pipeline), reference: image.reference ?? null };
}
