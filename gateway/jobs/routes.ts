import type { Route } from '../../http/route.js';
import { createJobRoute, type CreateJobOptions } from './job-creation.js';
import { cancelJobRoute, getJobRoute, type JobRouteOptions } from './single-job.js';
import { jobEventsRoute } from './job-events.js';
import { jobResultsRoute } from './job-results.js';
import { listJobsRoute } from './job-list.js';
import { sharedLookUps } from './shared-look-ups.js';
import { defaultStreamBounds } from './stream-bounds.js';

export function jobRoutes(given: CreateJobOptions & JobRouteOptions): readonly Route[] {
  const bounds = { ...defaultStreamBounds, ...given.jobs.streams };
  const jobs = { ...given.jobs, states: sharedLookUps(given.jobs.states, bounds.lookUpsInFlight) };
  const options = { ...given, jobs };
  return [
    createJobRoute(options),
    listJobsRoute(options),
    getJobRoute(options),
    cancelJobRoute(options),
    jobResultsRoute(options),
    jobEventsRoute({ ...options, bounds }),
  ];
}
