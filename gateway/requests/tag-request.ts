import { z } from 'zod';
import type { GatewayLimits } from '../limits.js';
import type { PipelineWish } from '../pipelines.js';
import type { FileForm, JsonForm } from '../../http/requests/forms.js';
import { imageTypes } from '../../http/requests/image-format.js';
import { photoUrl } from './photo-url.js';
import { queryInteger, queryScore } from '../../http/requests/query-numbers.js';

/** Ids that the client gives an image. */
export interface ImageNames {
  readonly imageId?: string | undefined;
  readonly listingId?: string | undefined;
}

/** Options for all images of a request. */
export interface TagWishes extends PipelineWish {
  readonly deadlineMs?: number | undefined;
  /** Lowest score of a tag: one for all tags, or one for each name. */
  readonly thresholds?: number | Readonly<Record<string, number>> | undefined;
}

export interface ImageByUrl extends ImageNames {
  readonly url: string;
}

export type OneImage = ImageByUrl & TagWishes;
export type SeveralImages = TagWishes & { readonly images: readonly ImageByUrl[] };
export type UploadFields = ImageNames & TagWishes;

/** The forms of `POST /v1/tags`. */
export interface TagForms {
  readonly document: JsonForm<OneImage | SeveralImages>;
  readonly upload: FileForm<UploadFields>;
}

export function createTagForms(limits: GatewayLimits): TagForms {
  const url = photoUrl(limits.urlLength);
  const names = imageNames(limits);
  const wishes = documentWishes(limits);
  const example = { url: 'https://example.com/kitchen.jpg', listingId: 'listing-42', imageId: 'photo-7' };
  return {
    document: {
      kind: 'json',
      mediaTypes: ['application/json'],
      limitBytes: limits.jsonBytes,
      alternatives: [
        {
          name: 'TagRequestOfSeveral',
          key: 'images',
          schema: pipelineOrModels(
            z.strictObject({
              images: z
                .array(z.strictObject({ url, ...names }))
                .min(1)
                .max(limits.images)
                .describe('The images to tag; the answer keeps their order.'),
              ...wishes,
            }),
          ),
          example: {
            images: [example, { url: 'https://example.com/garden.jpg' }],
            models: ['scene@1'],
            thresholds: { stove: 0.3 },
            deadlineMs: 5000,
          },
        },
        {
          name: 'TagRequest',
          key: 'url',
          schema: pipelineOrModels(z.strictObject({ url, ...names, ...wishes })),
          example,
        },
      ],
    },
    upload: {
      kind: 'file',
      mediaTypes: [...imageTypes, 'application/octet-stream'],
      limitBytes: limits.imageBytes,
      query: pipelineOrModels(z.strictObject({ ...names, ...queryWishes(limits) })),
    },
  };
}

/** Schemas of the ids that clients give images. */
export function imageNames({ idLength }: GatewayLimits) {
  // Lone surrogates would turn into another id in UTF-8, and control characters break keys and logs. The pattern has
  // ranges, because some tools that read the schema do not support \p{Cc}.
  const id = z
    .string()
    .max(idLength)
    .regex(/^[^\u0000-\u001f\u007f-\u009f]+$/u, 'Must be text of at least one character, without control characters')
    .refine((text) => text.isWellFormed(), 'Must be text without lone surrogates');
  return {
    imageId: id
      .optional()
      .describe('An id that the client chooses, unique over all listings. Default: derived from the image.'),
    listingId: id.optional().describe('An id that the client chooses. Default: derived from the image.'),
  };
}

const about = {
  pipeline: 'A pipeline of `GET /v1/pipelines`. Default: the default pipeline.',
  models:
    'Exact versions of models, instead of a pipeline. The gateway uses the smallest pipeline that runs them all, and leaves out tags of other models.',
  thresholds: 'The answer leaves out tags with a lower score.',
};

function documentWishes(limits: GatewayLimits) {
  const { deadlineMs, name } = common(limits);
  const score = z.number().min(0).max(1);
  const thresholds = z.union(
    [score, z.record(z.string().max(limits.idLength), score)],
    'Must be a number from 0 to 1, or such numbers by the names of tags',
  );
  return {
    pipeline: name.optional().describe(about.pipeline),
    models: z.array(name).min(1).max(limits.images).optional().describe(about.models),
    deadlineMs: deadlineMs.optional().describe(aboutDeadline(limits)),
    thresholds: thresholds
      .optional()
      .describe(`${about.thresholds} One score for all, or scores by the names of tags.`),
  };
}

function queryWishes(limits: GatewayLimits) {
  const { deadlineMs, name } = common(limits);
  const split = z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(name).min(1).max(limits.images));
  return {
    pipeline: name.optional().describe(about.pipeline),
    models: split.optional().describe(`${about.models} Separated by commas.`),
    deadlineMs: queryInteger(deadlineMs).optional().describe(aboutDeadline(limits)),
    thresholds: queryScore().optional().describe(about.thresholds),
  };
}

function common({ idLength, minDeadlineMs, maxDeadlineMs }: GatewayLimits) {
  return { name: z.string().max(idLength), deadlineMs: z.int().min(minDeadlineMs).max(maxDeadlineMs) };
}

function aboutDeadline({ defaultDeadlineMs, minDeadlineMs, maxDeadlineMs }: GatewayLimits): string {
  return `Deadline of the answer (ms), ${minDeadlineMs} to ${maxDeadlineMs}. Default: ${defaultDeadlineMs}.`;
}

/** Refuses documents with both a pipeline and models, because each of them determines the pipeline. */
function pipelineOrModels<Schema extends z.ZodType<PipelineWish>>(schema: Schema): Schema {
  return schema.refine(({ pipeline, models }) => pipeline === undefined || models === undefined, {
    path: ['models'],
    error: 'Must not be given together with a pipeline',
    // Runs even when other fields are invalid, so that the answer names all errors at once.
    when: ({ value }) => typeof value === 'object' && value !== null,
  });
}
