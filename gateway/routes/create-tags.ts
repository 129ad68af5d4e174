import type { Clock } from '../../primitives/clock.js';
import type { ListingImage } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import type { Admission } from '../admission/admission.js';
import type { Caller, GatewayContext, Route } from '../context.js';
import type { GatewayLimits } from '../limits.js';
import type { TagRequestOptions, Tagger, UploadStore } from '../ports.js';
import { ProblemError } from '../problems/problem.js';
import { readBody } from '../requests/body.js';
import { withDeadline } from '../requests/deadline.js';
import { requireImage } from '../requests/image-format.js';
import { imageByUrl, uploadedImage } from '../requests/listing-image.js';
import { bodyKind, requireJsonAccepted } from '../requests/media-types.js';
import type { TagFields } from '../requests/tag-request.js';
import { createTagRequestParsers } from '../requests/tag-request.js';
import { serverTiming, tagAnswer } from './tag-answer.js';

export interface CreateTagsOptions {
  readonly tagger: Tagger;
  readonly clock: Clock;
  /** The first is the default. */
  readonly pipelines: readonly [string, ...string[]];
  readonly limits: GatewayLimits;
  readonly images: UploadStore | undefined;
  readonly admission: Admission | undefined;
}

/** What a request asks for, whichever its form. */
interface Order {
  /** The image as the client named it. */
  readonly image: string | null;
  readonly deadlineMs: number | undefined;
  /** Runs within the deadline: it may have to store the image. */
  event(): Promise<ListingImage> | ListingImage;
}

/** `POST /v1/tags`: one image in, its tags out. */
export function createTagsRoute({ tagger, clock, pipelines, limits, images, admission }: CreateTagsOptions): Route {
  const parsers = createTagRequestParsers(limits);

  function pipelineOf({ pipeline = pipelines[0] }: TagFields): string {
    if (pipelines.includes(pipeline)) return pipeline;
    throw new FanlightError({
      code: 'unknown-pipeline',
      message: `There is no pipeline "${pipeline}".`,
      remedy: `Ask for one of ${pipelines.join(', ')}.`,
    });
  }

  async function orderByUrl({ req }: GatewayContext): Promise<Order> {
    parsers.noQuery(new URL(req.url).searchParams);
    const body = await readBody(req.raw, { limitBytes: limits.jsonBytes, what: 'JSON document' });
    const document = parsers.document(body);
    const event = imageByUrl(document, pipelineOf(document));
    return { image: document.url, deadlineMs: document.deadlineMs, event: () => event };
  }

  async function orderByUpload({ req }: GatewayContext): Promise<Order> {
    const fields = parsers.imageQuery(new URL(req.url).searchParams);
    const pipeline = pipelineOf(fields);
    const bytes = await readBody(req.raw, { limitBytes: limits.imageBytes, what: 'image' });
    await requireImage(bytes);
    const upload = { inlineBytes: limits.inlineBytes, images };
    return { image: null, deadlineMs: fields.deadlineMs, event: () => uploadedImage(bytes, { ...fields, pipeline }, upload) };
  }

  return {
    method: 'POST',
    path: '/v1/tags',
    about: 'Tags one image: {"url": …} as JSON, or a JPEG, PNG or WebP file as the body.',
    async handle(context) {
      const { trace, startedAt } = context.get('facts');
      const caller = context.get('caller');
      requireJsonAccepted(context.req.header('accept'));
      const kind = bodyKind(context.req.raw.headers);
      if (!tagger.ready()) throw notReady();
      const order = await (kind === 'json' ? orderByUrl(context) : orderByUpload(context));
      const { deadlineMs = limits.defaultDeadlineMs } = order;
      const leave = admission?.enter(1, deadlineMs);
      try {
        await caller.chargeImages(1);
        // The deadline runs from here: how long an upload takes is in the client's hands, and bounded by the server.
        const result = await withDeadline({ clock, deadlineMs, client: context.req.raw.signal }, async (deadline, signal) =>
          tagger.tag(await order.event(), { deadline, traceparent: trace.traceparent, ...clientOf(caller), signal }),
        );
        const answer = tagAnswer(result, order.image);
        return context.json(answer, 200, { 'server-timing': serverTiming(answer.timings, clock.now() - startedAt) });
      } finally {
        leave?.();
      }
    },
  };
}

function clientOf({ client }: Caller): Pick<TagRequestOptions, 'client'> {
  return client === undefined ? {} : { client };
}

function notReady() {
  return new ProblemError({
    code: 'not-ready',
    detail: 'The gateway is not connected to its queues.',
    remedy: 'Try again after the time in Retry-After.',
  });
}
