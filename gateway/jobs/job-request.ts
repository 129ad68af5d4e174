import { z } from 'zod';
import type { LaneName } from '../../schemas/lanes.js';
import type { GatewayLimits } from '../limits.js';
import type { LinesForm, ListForm } from '../../http/requests/forms.js';
import { photoUrl } from '../requests/photo-url.js';
import { imageNames, type ImageByUrl } from '../requests/tag-request.js';

/** Options for all images of a job. */
export interface JobWishes {
  readonly pipeline?: string | undefined;
  readonly lane?: LaneName | undefined;
  readonly callback?: string | undefined;
}

export interface JobImageRequest extends ImageByUrl {
  readonly reference?: string | undefined;
}

export type JobDocument = JobWishes & { readonly images: readonly unknown[] };

/** The forms of `POST /v1/jobs`. */
export interface JobForms {
  readonly document: ListForm<JobDocument, JobImageRequest>;
  readonly lines: LinesForm<JobWishes, JobImageRequest>;
}

/** Lanes for jobs. `realtime` is reserved for synchronous requests. */
export const jobLanes = ['bulk', 'backfill'] as const satisfies readonly LaneName[];
export const defaultJobLane = 'bulk';

export function createJobForms(limits: GatewayLimits): JobForms {
  const url = photoUrl(limits.urlLength);
  const { imageId, listingId } = imageNames(limits);
  const reference = imageId.describe(
    'Your own name for the image. It is returned with the result and has no other effect.',
  );
  const image = z.strictObject({ url, imageId, listingId, reference });
  const wishes = {
    pipeline: z
      .string()
      .max(limits.idLength)
      .optional()
      .describe('One of `GET /v1/pipelines`. Default: the default pipeline.'),
    lane: z
      .enum(jobLanes)
      .optional()
      .describe(
        `\`bulk\` for new listings, \`backfill\` for an archive, which runs after everything else. Default: \`${defaultJobLane}\`.`,
      ),
    callback: z
      .string()
      .max(limits.urlLength)
      .optional()
      .describe(
        'Target of the results, as a URI: `https://…` (a webhook), `kafka:topic`, `sqs:queue-url` or `s3://bucket/prefix`. Fanlight sends results as they come.',
      ),
  };
  const example = {
    url: 'https://example.com/kitchen.jpg',
    listingId: 'listing-42',
    imageId: 'photo-7',
    reference: 'row 1',
  };
  return {
    document: {
      kind: 'json',
      mediaTypes: ['application/json'],
      limitBytes: limits.jobJsonBytes,
      key: 'images',
      element: image,
      elementBytes: limits.jobLineBytes,
      rest: z.strictObject({ images: z.array(z.unknown()).min(1).max(limits.jobImages), ...wishes }),
      most: limits.jobImages,
      alternatives: [
        {
          name: 'JobRequest',
          key: 'images',
          schema: z.strictObject({ images: z.array(image).min(1).max(limits.jobImages), ...wishes }),
          example: { images: [example, { url: 'https://example.com/garden.jpg' }], lane: 'bulk' },
        },
      ],
    },
    lines: {
      kind: 'lines',
      mediaTypes: ['application/x-ndjson', 'application/jsonl', 'application/ndjson'],
      limitBytes: limits.jobLineBytes,
      query: z.strictObject(wishes),
      name: 'JobImage',
      schema: image,
      example,
    },
  };
}
