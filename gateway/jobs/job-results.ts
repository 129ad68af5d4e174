import { z } from 'zod';
import type { ListedPart } from '../../jobs/state/job-states.js';
import { FanlightError } from '../../schemas/failure.js';
import type { JobResult } from '../../schemas/jobs.js';
import type { GatewayLimits } from '../limits.js';
import { ProblemError } from '../../http/problems/problem.js';
import { parseQuery } from '../../http/requests/validation.js';
import type { Route } from '../../http/route.js';
import { tagAnswerSchema } from '../routes/tag-answer.js';
import { queryStates, findJob, jobParameters } from './job-lookup.js';
import type { JobRouteOptions } from './single-job.js';
import { foreignCursor, pageQuery } from './page-query.js';

const { pipeline, contentSha256, width, height, roomType, models, cached } = tagAnswerSchema.shape;
const { name, score, model, box, text } = tagAnswerSchema.shape.tags.element.shape;
const tag = z.object({ name, score, model, box: box.unwrap().nullable(), text: text.unwrap().nullish() });

/** One line of results. */
const jobResultSchema = z.object({
  id: z.string().describe('Stable across repeated deliveries.'),
  job: z.string(),
  item: z.int().min(0).describe('Position among the images of the job, from 0.'),
  reference: z.string().nullable().describe('Your own name for the image, from the request.'),
  listingId: z.string(),
  imageId: z.string(),
  url: z.string().nullable(),
  result: z
    .object({
      pipeline,
      contentSha256,
      width,
      height,
      roomType,
      tags: z.array(tag),
      models,
      cached,
      taggedAt: z.number().describe('Epoch milliseconds.'),
    })
    .nullable()
    .describe('Null when the image has a problem.'),
  problem: z
    .object({ code: z.string(), detail: z.string(), remedy: z.string() })
    .nullable()
    .describe('Null when the image has tags.'),
});

const jobResultExample: JobResult = {
  id: '5f2b0c7a9d3e4f6b8a1c2d3e4f5a6b7c',
  job: '0198c2a4d3e07b1c9f5e2a6d4c8b0f13',
  item: 0,
  reference: 'row 1',
  listingId: 'listing-42',
  imageId: 'photo-7',
  url: 'https://example.com/kitchen.jpg',
  result: null,
  problem: {
    code: 'not-found',
    detail: 'example.com answered 404 for https://example.com/kitchen.jpg.',
    remedy: 'Correct the URL, or send the event again when the image is there.',
  },
};

const details = `Results in the order in which they arrived, which is not the order of the request. Each image appears once. \`Link\` with \`rel="next"\` leads to the next page. It is missing \
once the job has ended and the client has read everything. A page may be empty while a job runs. If the connection of a page is cut, request the page again.`;

/** `GET /v1/jobs/{id}/results` */
export function jobResultsRoute({ jobs, clock, limits }: JobRouteOptions & { readonly limits: GatewayLimits }): Route {
  const query = pageQuery('Results', cursorForm, { default: limits.defaultPage, max: limits.maxPage });

  async function read({ part, from, count }: Segment): Promise<string> {
    try {
      const lines = (await jobs.parts.read(part.key)).filter((_line, index) => !part.repeated.includes(index));
      return lines
        .slice(from, from + count)
        .map((result) => `${JSON.stringify(result)}\n`)
        .join('');
    } catch (cause) {
      if (!(cause instanceof FanlightError) || cause.code !== 'claim-missing') throw cause;
      throw new ProblemError(
        {
          code: 'results-gone',
          detail: 'Results of the job have been removed from the store.',
          remedy: 'Read results before they are removed, or submit the images again.',
        },
        { cause },
      );
    }
  }

  /** Returns the segments of a page, and the cursor of the next page. */
  async function plan(
    id: string,
    start: Cursor,
    limit: number,
  ): Promise<{ readonly segments: readonly Segment[]; readonly next: Cursor }> {
    const segments: Segment[] = [];
    let [left, next] = [limit, start];
    while (left > 0) {
      const parts = await queryStates(() => jobs.states.parts(id, next.part, partsPerQuery));
      for (const part of parts) {
        if (left === 0) break;
        const lines = part.lines - part.repeated.length - next.line;
        const count = Math.max(0, Math.min(lines, left));
        if (count > 0) segments.push({ part, from: next.line, count });
        left -= count;
        next = count < lines ? { part: next.part, line: next.line + count } : { part: next.part + 1, line: 0 };
      }
      if (parts.length < partsPerQuery) break;
    }
    return { segments, next };
  }

  return {
    method: 'GET',
    path: '/v1/jobs/:id/results',
    id: 'getJobResults',
    about: 'Returns the results of a job in pages of NDJSON.',
    details,
    scope: 'jobs',
    streams: true,
    parameters: jobParameters,
    query,
    answers: {
      200: {
        about: 'A page. Each line is a result.',
        mediaType: 'application/x-ndjson',
        shapes: [{ name: 'JobResult', schema: jobResultSchema, example: jobResultExample }],
        headers: { link: 'The next page (`rel="next"`), while there may be one.' },
      },
    },
    problems: [
      'invalid-request',
      'invalid-cursor',
      'no-such-job',
      'results-gone',
      'jobs-unavailable',
      'store-unavailable',
    ],
    async handle(context) {
      const { cursor, limit = limits.defaultPage } = parseQuery(query, new URL(context.req.url).searchParams);
      const start = cursor === undefined ? { part: 0, line: 0 } : parseCursor(cursor);
      // The status comes first: results that arrive after it are left for the next page.
      const { job, parts, finishedAt } = await findJob(context, jobs.states, clock);
      const { segments, next } = await plan(job.id, start, limit);
      const [first, ...others] = segments;
      // The first part is read before the headers are sent, so that most failures get their own status.
      const beginning = first === undefined ? '' : await read(first);
      const isLast = finishedAt !== null && next.part >= parts;
      const link = `</v1/jobs/${job.id}/results?cursor=${next.part}.${next.line}&limit=${limit}>; rel="next"`;
      return context.body(others.length === 0 ? beginning : streamed(beginning, others, read), 200, {
        'content-type': 'application/x-ndjson',
        ...(isLast ? {} : { link }),
      });
    },
  };
}

/** Parts that are listed by one query. */
const partsPerQuery = 50;

/** The results of one part that are on a page. */
interface Segment {
  readonly part: ListedPart;
  /** Index of the first line, from 0, not counting repeated lines. */
  readonly from: number;
  readonly count: number;
}

/** Streams the page part by part as the client reads it. A failure cuts the stream, because the status was sent. */
function streamed(
  beginning: string,
  others: readonly Segment[],
  read: (segment: Segment) => Promise<string>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const texts = [() => Promise.resolve(beginning), ...others.map((segment) => () => read(segment))].values();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value: next, done } = texts.next();
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(await next()));
      },
    },
    { highWaterMark: 0 },
  );
}

const cursorForm = /^(\d{1,9})\.(\d{1,6})$/;

interface Cursor {
  readonly part: number;
  /** Index of a line, from 0, not counting repeated lines. */
  readonly line: number;
}

function parseCursor(text: string): Cursor {
  const [, part, line] = cursorForm.exec(text) ?? [];
  if (part !== undefined && line !== undefined) return { part: Number(part), line: Number(line) };
  throw foreignCursor();
}
