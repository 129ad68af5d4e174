import { z } from 'zod';
import { ProblemError } from '../../http/problems/problem.js';
import { parseQuery } from '../../http/requests/parse.js';
import type { Route } from '../../http/route.js';
import { asked } from './find-job.js';
import type { JobRouteOptions } from './get-job.js';
import { jobAnswer, jobAnswerExample, jobAnswerSchema } from './job-answer.js';
import { timeOfJobId } from '../../jobs/submission/job-id.js';
import { foreignCursor, pageQuery } from './page-query.js';

const page = { usual: 20, most: 100 };

const query = pageQuery('Jobs', /^[0-9a-f]{32}$/, page).extend({
  client: z.string().max(63).optional().describe('Whose jobs; those of another client need the scope admin as well.'),
});

const jobListSchema = z.object({ jobs: z.array(jobAnswerSchema) });

const details = `The client's own, the latest first: also one whose images are still being sent, so that whoever sends lines can follow or cancel it meanwhile. A job is in the list a moment \
after it began, and for a week after its last image. \`Link\` with \`rel="next"\` leads to earlier ones.`;

/** `GET /v1/jobs`: pages of a client's jobs. */
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
    problems: ['invalid-request', 'invalid-cursor', 'missing-scope', 'jobs-unavailable'],
    async handle(context) {
      const caller = context.get('caller');
      const {
        cursor,
        limit = page.usual,
        client = caller.client ?? null,
      } = parseQuery(query, new URL(context.req.url).searchParams);
      if (cursor !== undefined && timeOfJobId(cursor) === undefined) throw foreignCursor();
      if (client !== (caller.client ?? null) && !caller.isAdmin) throw notAdmin();
      const listed = await asked(() => jobs.states.list(client, cursor, limit));
      const now = clock.now();
      const link = `</v1/jobs?${new URLSearchParams({ cursor: listed.next ?? '', limit: String(limit), ...(client === null ? {} : { client }) }).toString()}>; rel="next"`;
      return context.json(
        { jobs: listed.jobs.map((status) => jobAnswer(status, now)) },
        200,
        listed.next === undefined ? {} : { link },
      );
    },
  };
}

function notAdmin(): ProblemError {
  return new ProblemError({
    code: 'missing-scope',
    detail: 'The jobs of another client are asked for without the scope "admin".',
    remedy: 'Leave the client out, or use a key with the scope "admin".',
  });
}
