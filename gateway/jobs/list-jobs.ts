import { z } from 'zod';
import { parseQuery } from '../requests/parse.js';
import type { Route } from '../route.js';
import { asked } from './find-job.js';
import type { JobRouteOptions } from './get-job.js';
import { jobAnswer, jobAnswerExample, jobAnswerSchema } from './job-answer.js';
import { timeOfJobId } from './job-id.js';
import { foreignCursor, pageQuery } from './page-query.js';

const page = { usual: 20, most: 100 };

const query = pageQuery('Jobs', /^[0-9a-f]{32}$/, page);

const jobListSchema = z.object({ jobs: z.array(jobAnswerSchema) });

const details = `The client's own, the latest first: also one whose images are still being sent, so that whoever sends lines can follow or cancel it meanwhile. A job is in the list a moment \
after it began, and for a week after its last image. \`Link\` with \`rel="next"\` leads to earlier ones.`;

/** `GET /v1/jobs`: pages of the caller's jobs. */
export function listJobsRoute({ jobs, clock }: JobRouteOptions): Route {
  return {
    method: 'GET',
    path: '/v1/jobs',
    id: 'listJobs',
    about: 'Jobs of the client, the latest first.',
    details,
    scope: 'jobs',
    query,
    answers: {
      200: {
        about: 'A page.',
        mediaType: 'application/json',
        shapes: [{ name: 'JobList', schema: jobListSchema, example: { jobs: [jobAnswerExample] } }],
        headers: { link: 'Where to go on (`rel="next"`), while there may be earlier ones.' },
      },
    },
    problems: ['invalid-request', 'invalid-cursor', 'jobs-unavailable'],
    async handle(context) {
      const { cursor, limit = page.usual } = parseQuery(query, new URL(context.req.url).searchParams);
      if (cursor !== undefined && timeOfJobId(cursor) === undefined) throw foreignCursor();
      const { client } = context.get('caller');
      const listed = await asked(() => jobs.states.list(client ?? null, cursor, limit));
      const now = clock.now();
      const link = `</v1/jobs?cursor=${listed.next}&limit=${limit}>; rel="next"`;
      return context.json({ jobs: listed.jobs.map((status) => jobAnswer(status, now)) }, 200, listed.next === undefined ? {} : { link });
    },
  };
}
