import type { JobStatus } from '../../jobs/state/job-status.js';
import { ProblemError } from '../../http/problems/problem.js';
import type { Route } from '../../http/route.js';
import { findJob, jobParameters } from './find-job.js';
import type { JobRouteOptions } from './get-job.js';
import { jobEventStream } from './job-event-stream.js';
import { createJobWatches } from './job-watch.js';
import type { StreamBounds } from './stream-bounds.js';

const fields = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  // Proxies such as nginx gather answers otherwise.
  'x-accel-buffering': 'no',
};

/** Seconds after which a client may try again when a gateway has no place for another stream. */
const retryAfterSeconds = 5;

function detailsOf({ lastsMs }: StreamBounds): string {
  return `Server-sent events. \`progress\` whenever something changed, at most twice a second, and \`end\` once when the \
job has ended; its data is the job as \`GET /v1/jobs/{id}\` says it. A slow reader gets the latest state and skips those \
in between.

The connection ends with the job, or after ${lastsMs / 60_000} minutes. A client whose connection ended without \
\`end\` connects again, as EventSource does: the first event says how things stand.`;
}

/** `GET /v1/jobs/{id}/events`: progress as it happens. */
export function jobEventsRoute({ jobs, clock, bounds }: JobRouteOptions & { readonly bounds: StreamBounds }): Route {
  const followJob = createJobWatches({ find: jobs.states.find, clock, bounds });
  let open = 0;

  /** Counts a stream of this gateway. The returned function counts it out again. */
  function enterGateway(): () => void {
    if (open >= bounds.perGateway) throw tooManyOpen(bounds.perGateway);
    open += 1;
    return () => void (open -= 1);
  }

  return {
    method: 'GET',
    path: '/v1/jobs/:id/events',
    id: 'followJob',
    about: 'Follows a job: server-sent events as it goes on, and one when it has ended.',
    details: detailsOf(bounds),
    scope: 'jobs',
    streams: true,
    parameters: jobParameters,
    answers: { 200: { about: 'Events, until the job ends.', mediaType: 'text/event-stream' } },
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
    remedy: `Try again in ${retryAfterSeconds} s, or ask for GET /v1/jobs/{id} now and then.`,
    headers: { 'retry-after': `${retryAfterSeconds}` },
  });
}
