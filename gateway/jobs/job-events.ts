import type { JobStatus } from '../../jobs/state/job-status.js';
import { ProblemError } from '../../http/problems/problem.js';
import type { Route } from '../../http/route.js';
import { findJob, jobParameters } from './job-lookup.js';
import type { JobRouteOptions } from './single-job.js';
import { jobEventStream } from './job-event-stream.js';
import { createJobWatches } from './job-watch.js';
import type { StreamBounds } from './stream-bounds.js';

const fields = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // Without this field, proxies such as nginx buffer the stream.
  'x-accel-buffering': 'no',
};

/** `Retry-After` of the refusal when the gateway has too many open streams (s). */
const retryAfterSeconds = 5;

function detailsOf({ lastsMs }: StreamBounds): string {
  return `Server-sent events: \`progress\` after each change, at most twice per second, and \`end\` once the job has ended. \
The data of an event is the job as in \`GET /v1/jobs/{id}\`. A slow reader gets the latest state and skips intermediate ones.

The connection ends with the job, or after ${lastsMs / 60_000} minutes. A client whose connection ended without \
\`end\` connects again, as EventSource does. The first event contains the current state.`;
}

/** `GET /v1/jobs/{id}/events` */
export function jobEventsRoute({ jobs, clock, bounds }: JobRouteOptions & { readonly bounds: StreamBounds }): Route {
  const followJob = createJobWatches({ find: jobs.states.find, clock, bounds });
  let open = 0;

  /** Counts an open stream of this gateway. The returned function removes it from the count. */
  function enterGateway(): () => void {
    if (open >= bounds.perGateway) throw tooManyOpen(bounds.perGateway);
    open += 1;
    return () => void (open -= 1);
  }

  return {
    method: 'GET',
    path: '/v1/jobs/:id/events',
    id: 'followJob',
    about: 'Follows a job by server-sent events until it has ended.',
    details: detailsOf(bounds),
    scope: 'jobs',
    streams: true,
    parameters: jobParameters,
    answers: { 200: { about: 'Events until the job ends.', mediaType: 'text/event-stream' } },
    problems: ['no-such-job', 'overloaded', 'jobs-unavailable'],
    async handle(context) {
      const leaveGateway = enterGateway();
      let found: JobStatus;
      let leaveClient: () => void;
      try {
        found = await findJob(context, jobs.states, clock);
        leaveClient = await context.get('caller').enterStream(bounds.perClient);
      } catch (error) {
        leaveGateway();
        throw error;
      }
      function leave(): void {
        leaveClient();
        leaveGateway();
      }
      if (context.req.method === 'HEAD') {
        leave();
        return context.body(null, 200, fields);
      }
      const follow = (onChange: () => void) => followJob(found, onChange);
      return context.body(jobEventStream({ follow, clock, bounds, onEnd: leave }), 200, fields);
    },
  };
}

function tooManyOpen(most: number): ProblemError {
  return new ProblemError({
    code: 'overloaded',
    detail: `This gateway has ${most} event streams open and opens no more.`,
    remedy: `Try again in ${retryAfterSeconds} s, or poll GET /v1/jobs/{id}.`,
    headers: { 'retry-after': `${retryAfterSeconds}` },
  });
}
