import { z } from 'zod';
import type { RequestFailure } from '../../http/context.js';
import { problemOf, problemSchema, problemTypes, type ProblemCode } from '../../http/problems/problem.js';
import type { RequestedImage, ImageOutcome } from '../requests/image-tagging.js';
import type { TagWishes } from '../requests/tag-request.js';
import { tagAnswer, tagAnswerExample, tagAnswerSchema } from './tag-answer.js';

const failedImageSchema = z.object({
  image: z.string().describe('The URL of the request.'),
  imageId: z.string(),
  listingId: z.string(),
  problem: problemSchema,
});

/** The body of a synchronous answer about several images. */
export const severalAnswerSchema = z.object({
  failed: z.int().min(0).describe('Images with a problem instead of tags.'),
  images: z.array(z.union([tagAnswerSchema, failedImageSchema])).describe('In the order of the request.'),
});

export type SeveralAnswer = z.infer<typeof severalAnswerSchema>;

export const severalAnswerExample: SeveralAnswer = {
  failed: 1,
  images: [
    tagAnswerExample,
    {
      image: 'https://example.com/garden.jpg',
      imageId: 'photo-8',
      listingId: 'listing-42',
      problem: {
        type: '/problems/not-found',
        title: problemTypes['not-found'].title,
        status: problemTypes['not-found'].status,
        detail: 'example.com answered 404 for https://example.com/garden.jpg.',
        instance: 'request-1#/images/1',
        code: 'not-found',
        remedy: 'Correct the URL, or send the event again when the image is there.',
      },
    },
  ],
};

export interface SeveralAnswerOptions {
  readonly requested: readonly RequestedImage[];
  /** One for each image. */
  readonly outcomes: readonly ImageOutcome[];
  readonly wishes: TagWishes;
  readonly requestId: string;
}

/** Creates the answer, and returns the failures that it contains. */
export function severalAnswer({ requested, outcomes, wishes, requestId }: SeveralAnswerOptions): {
  answer: SeveralAnswer;
  failures: readonly RequestFailure[];
} {
  const failures: RequestFailure[] = [];
  const images = requested.map(({ image, imageId, listingId }, index): SeveralAnswer['images'][number] => {
    const outcome = outcomes[index] ?? { thrown: new TypeError('an image without an outcome') };
    if ('tags' in outcome) return tagAnswer(outcome.tags, image, wishes);
    const { problem } = problemOf(outcome.thrown, `${requestId}#/images/${index}`);
    failures.push({ code: problem.code, thrown: outcome.thrown });
    return { image: image ?? '', imageId, listingId, problem };
  });
  return { answer: { failed: failures.length, images }, failures };
}

/** Failures whose cause is the gateway and not an image or its host, besides those with status 500 or 503. */
const aboutTheGateway: readonly ProblemCode[] = ['deadline-exceeded'];

/**
 * The failure that all images share, if its cause is the gateway. The request as a whole then failed.
 */
export function failureOfAll(outcomes: readonly ImageOutcome[]): { readonly thrown: unknown } | undefined {
  const thrown = outcomes.flatMap((outcome) => ('thrown' in outcome ? [outcome.thrown] : []));
  const codes = new Set(thrown.map((each) => problemOf(each, '').problem.code));
  const [code] = codes;
  if (thrown.length < outcomes.length || codes.size !== 1 || code === undefined) return undefined;
  return aboutTheGateway.includes(code) || [500, 503].includes(problemTypes[code].status)
    ? { thrown: thrown[0] }
    : undefined;
}
