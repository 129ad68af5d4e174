import type { Clock } from '../../primitives/clock.js';
import type { Admission } from '../admission/admission.js';
import type { BodyReadOptions } from '../../http/bodies/whole-body.js';
import type { Caller } from '../../http/context.js';
import type { GatewayLimits } from '../limits.js';
import { requireServed, type PipelineOffers } from '../pipelines.js';
import type { Tagger, UploadStore } from '../../runtime/replies/request-reply.js';
import { jobAnswerExample, jobAnswerSchema } from '../jobs/job-answer.js';
import { applied, type AsyncAnswers } from '../jobs/async-answers.js';
import { ProblemError } from '../../http/problems/problem.js';
import { tagProblems } from './tag-problems.js';
import { formOf, requireJsonAccepted } from '../../http/requests/media-types.js';
import { parsePrefer, type Preference } from '../../http/requests/prefer-header.js';
import { tagImages } from '../requests/image-tagging.js';
import { createTagReader } from '../requests/requested-tags.js';
import type { TagWishes } from '../requests/tag-request.js';
import type { Answer, Route } from '../../http/route.js';
import { failureOfAll, severalAnswer, severalAnswerExample, severalAnswerSchema } from './several-answer.js';
import { serverTiming, slowest } from './server-timing.js';
import { tagAnswer, tagAnswerExample, tagAnswerSchema } from './tag-answer.js';

export interface CreateTagsOptions {
  readonly tagger: Tagger;
  readonly clock: Clock;
  /** Options for reading bodies. */
  readonly reading: BodyReadOptions;
  readonly pipelines: PipelineOffers;
  readonly limits: GatewayLimits;
  readonly images: UploadStore | undefined;
  readonly admission: Admission | undefined;
  /** Without it, the gateway ignores `Prefer: respond-async`. */
  readonly later: AsyncAnswers | undefined;
}

const details = `The gateway sends images to the realtime lane. One deadline holds for all images of a request.

Several images by URL: the answer lists them in the order of the request, each with its tags or with a \`problem\`; \`failed\` counts the problems. \
The status is 200 when the request as a whole was carried out, even if images could not be tagged. The answer is a problem when the request is invalid, \
or when all images failed for the same reason and the gateway is the cause, such as a passed deadline.

A repeated URL with the same ids is tagged once.

\`Prefer: respond-async, wait=2\` (RFC 7240) asks for a job instead of an error. When tags are missing after the wait, or the gateway is overloaded, the answer is 202 with the \
\`Location\` of a job. The job has the complete results of all images of the request; \`thresholds\` and \`models\` do not apply to it.

\`models\` names exact versions. If another version answered, because an alias changed, the problem is \`models-not-served\`.`;

const tagsAnswer: Answer = {
  about: 'The tags.',
  mediaType: 'application/json',
  shapes: [
    { name: 'Tags', schema: tagAnswerSchema, example: tagAnswerExample },
    { name: 'TagsOfSeveral', schema: severalAnswerSchema, example: severalAnswerExample },
  ],
  headers: {
    'server-timing':
      'Work and waiting time by stage, and total time (ms, W3C Server Timing). For several images, the stages are those of the slowest image.',
  },
};

const laterAnswer: Answer = {
  about: 'For requests with `Prefer: respond-async`: the job that was created.',
  mediaType: 'application/json',
  shapes: [{ name: 'Job', schema: jobAnswerSchema, example: jobAnswerExample }],
  headers: { location: 'URL of the job.', 'preference-applied': 'The preferences that were applied (RFC 7240).' },
};

/** `POST /v1/tags`: returns the tags of images. */
export function createTagsRoute({
  tagger,
  clock,
  reading,
  pipelines,
  limits,
  images,
  admission,
  later,
}: CreateTagsOptions): Route {
  const { forms, read } = createTagReader({ reading, pipelines, limits, images });

  /** Runs `work` after the images were admitted and charged to the client. */
  async function admitted<T>(
    { count, deadlineMs, caller }: { count: number; deadlineMs: number; caller: Caller },
    work: () => Promise<T>,
  ): Promise<T> {
    const leave = admission?.enter({ images: count, deadlineMs, client: caller.client });
    try {
      await caller.chargeImages(count);
      return await work();
    } finally {
      leave?.();
    }
  }

  return {
    method: 'POST',
    path: '/v1/tags',
    id: 'createTags',
    about: `Tags images: {"url": …} or {"images": [{"url": …}, …]} (up to ${limits.images}) as JSON, or a JPEG, PNG, WebP or AVIF file as the body.`,
    details,
    scope: 'tag',
    forms,
    answers: later === undefined ? { 200: tagsAnswer } : { 200: tagsAnswer, 202: laterAnswer },
    problems: tagProblems,
    async handle(context) {
      const { trace, startedAt, requestId } = context.get('facts');
      const caller = context.get('caller');
      requireJsonAccepted(context.req.header('accept'));
      const form = formOf(context.req.raw.headers, forms);
      if (!tagger.ready()) throw notReady();
      const { images: requested, wishes, pipeline, several } = await read(form, context);
      const preference = parsePrefer(context.req.header('prefer'));
      const job = preference.respondAsync ? later?.begin({ pipeline, requested, preference }) : undefined;
      const deadlineMs = waitOf(wishes, preference, limits);
      const tagAll = () =>
        // The deadline starts here. The time of an upload does not count; `bodyMs` bounds it.
        tagImages(requested, {
          tagger,
          clock,
          deadlineMs,
          client: context.req.raw.signal,
          traceparent: trace.traceparent,
          ...(caller.client === undefined ? {} : { from: caller.client }),
          ...(job === undefined ? {} : { job: { id: job.id, onSent: (item) => void job.sent.add(item) } }),
          check: ({ models }) => requireServed(wishes.models, models),
        });
      const outcomes = await admitted({ count: requested.length, deadlineMs, caller }, tagAll).catch(
        async (thrown: unknown) => {
          if (later === undefined || job === undefined || !isOverloaded(thrown)) throw thrown;
          await caller.chargeImages(requested.length);
          return later.deferred(context, job);
        },
      );
      if (outcomes instanceof Response) return outcomes;
      if (job !== undefined && later?.isLate(job, outcomes) === true) return later.announced(context, job);
      const headers = {
        'server-timing': serverTiming(slowest(outcomes), clock.now() - startedAt),
        ...(job === undefined ? {} : { 'preference-applied': applied(preference) }),
      };
      if (several) {
        const failure = failureOfAll(outcomes);
        if (failure !== undefined) throw failure.thrown;
        const { answer, failures } = severalAnswer({ requested, outcomes, wishes, requestId });
        context.set('imageFailures', failures);
        return context.json(answer, 200, headers);
      }
      const [image, outcome] = [requested[0], outcomes[0]];
      if (outcome === undefined || image === undefined)
        throw new TypeError('a request without an image passed its schema');
      if ('thrown' in outcome) throw outcome.thrown;
      return context.json(tagAnswer(outcome.tags, image.image, wishes), 200, headers);
    },
  };
}

/** Time (ms) that the client waits: `wait` of its preference if it has one, but at most the deadline. */
function waitOf(
  { deadlineMs }: TagWishes,
  { respondAsync, wait }: Preference,
  { defaultDeadlineMs, maxDeadlineMs }: GatewayLimits,
): number {
  const asked = deadlineMs ?? defaultDeadlineMs;
  return respondAsync && wait !== undefined ? Math.min(wait * 1_000, deadlineMs ?? maxDeadlineMs) : asked;
}

function isOverloaded(thrown: unknown): boolean {
  return thrown instanceof ProblemError && thrown.problem.code === 'overloaded';
}

function notReady() {
  return new ProblemError({
    code: 'not-ready',
    detail: 'The gateway is not connected to its queues.',
    remedy: 'Try again after the time in Retry-After.',
  });
}
