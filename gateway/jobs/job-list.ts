import { z } from 'zod';
import { ProblemError } from '../../http/problems/problem.js';
import { parseQuery } from '../../http/requests/validation.js';
import type { Route } from '../../http/route.js';
import { queryStates } from './job-lookup.js';
import type { JobRouteOptions } from './single-job.js';
import { jobAnswer, jobAnswerExample, jobAnswerSchema } from './job-answer.js';
import { jobKeptDays } from '../../jobs/state/job-states.js';
import { timeOfJobId } from '../../jobs/submission/job-id.js';
import { foreignCursor, pageQuery } from './page-query.js';

const pageSize = { default: 20, max: 100 };

const query = pageQuery('Jobs', /^[0-9a-f]{32}$/, pageSize).extend({
  client: z
    .string()
    .max(63)
    .optional()
    .describe('Name of the client. The jobs of another client need the scope `admin`.'),
});

const jobListSchema = z.object({ jobs: z.array(jobAnswerSchema) });

const details = `Lists the client's own jobs, latest first. The list includes jobs whose images are still being sent, so that the client can follow or cancel them. A job appears a moment \
after its creation, and is kept for ${jobKeptDays} days after its last image. \`Link\` with \`rel="next"\` leads to earlier jobs.`;

/** `GET /v1/jobs` */
export function listJobsRoute({ jobs, clock }: JobRouteOptions): Route {
  return {
    method: 'GET',
    path: '/v1/jobs',
    id: 'listJobs',
    about: 'Lists the jobs of the client, latest first.',
    details,
    scope: 'jobs',
    query,
    answers: {
      200: {
        about: 'A page of jobs.',
        mediaType: 'application/json',
        shapes: [{ name: 'JobList', schema: jobListSchema, example: { jobs: [jobAnswerExample] } }],
        headers: { link: 'The next page (`rel="next"`), while there may be one.' },
      },
    },
    problems: ['invalid-request', 'invalid-cursor', 'missing-scope', 'jobs-unavailable'],
    async handle(context) {
      const caller = context.get('caller');
      const {
        cursor,
        limit = pageSize.default,
        client = caller.client ?? null,
      } = parseQuery(query, new URL(context.req.url).searchParams);
      if (cursor !== undefined && timeOfJobId(cursor) === undefined) throw foreignCursor();
      if (client !== (caller.client ?? null) && !caller.isAdmin) throw notAdmin();
      const listed = await queryStates(() => jobs.states.list(client, cursor, limit));
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
    detail: 'Listing the jobs of another client needs the scope "admin".',
    remedy: 'Omit the client, or use a key with the scope "admin".',
  });
}
