import { sleep } from '../../primitives/clock.js';
import type { Route } from '../route.js';
import { findJob, jobParameters } from './find-job.js';
import type { JobRouteOptions } from './get-job.js';
import { jobAnswer, type JobAnswer } from './job-answer.js';

/** How often the job is looked at, and how often something is sent when nothing has changed, milliseconds. */
const lookEveryMs = 500;
const keepAliveMs = 15_000;

const details = `Server-sent events. \`progress\` whenever something changed, at most twice a second, and \`end\` once when the job has ended; its data is the job as \`GET /v1/jobs/{id}\` \
says it. The connection ends then. A client that was cut off simply asks again: the first event says how things stand.`;

/** `GET /v1/jobs/{id}/events`: progress as it happens. */
export function jobEventsRoute({ jobs, clock }: JobRouteOptions): Route {
  async function* follow(first: JobAnswer, signal: AbortSignal): AsyncGenerator<string> {
    yield 'retry: 2000\n\n';
    let said = '';
    let saidAt = clock.now();
    for (let job = first; ; ) {
      const ended = job.finishedAt !== null;
      const now = contentOf(job);
      if (now !== said || ended) {
        yield event(ended ? 'end' : 'progress', job);
        [said, saidAt] = [now, clock.now()];
      } else if (clock.now() - saidAt >= keepAliveMs) {
        yield ': still here\n\n';
        saidAt = clock.now();
      }
      if (ended) return;
      await sleep(clock, lookEveryMs, signal);
      const status = await jobs.states.find(first.id);
      // Unknown of a sudden: Redis was emptied, and is being filled again.
      if (status !== undefined) job = jobAnswer(status, clock.now());
    }
  }

  return {
    method: 'GET',
    path: '/v1/jobs/:id/events',
    id: 'followJob',
    about: 'Follows a job: server-sent events as it goes on, and one when it has ended.',
    details,
    scope: 'jobs',
    parameters: jobParameters,
    answers: { 200: { about: 'Events, until the job ends.', mediaType: 'text/event-stream' } },
    problems: ['no-such-job', 'jobs-unavailable'],
    async handle(context) {
      const first = jobAnswer(await findJob(context, jobs.states, clock), clock.now());
      const gone = new AbortController();
      const signal = AbortSignal.any([gone.signal, context.req.raw.signal]);
      return context.body(streamOf(follow(first, signal), () => gone.abort()), 200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        // Proxies such as nginx gather answers otherwise.
        'x-accel-buffering': 'no',
      });
    },
  };
}

/** The rate and the time left change by themselves. */
function contentOf({ imagesPerSecond: _rate, secondsLeft: _left, ...job }: JobAnswer): string {
  return JSON.stringify(job);
}

function event(name: 'progress' | 'end', job: JobAnswer): string {
  return `event: ${name}\ndata: ${JSON.stringify(job)}\n\n`;
}

function streamOf(texts: AsyncGenerator<string>, onCancel: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await texts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      } catch (error) {
        // The status has been sent: cutting the connection is all that can be said, and clients come again.
        controller.error(error);
      }
    },
    async cancel() {
      onCancel();
      await texts.return(undefined);
    },
  });
}
