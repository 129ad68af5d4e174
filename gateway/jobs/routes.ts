import type { Route } from '../route.js';
import { createJobRoute, type CreateJobOptions } from './create-job.js';
import { cancelJobRoute, getJobRoute, type JobRouteOptions } from './get-job.js';
import { jobEventsRoute } from './job-events.js';
import { jobResultsRoute } from './job-results.js';
import { listJobsRoute } from './list-jobs.js';

export function jobRoutes(options: CreateJobOptions & JobRouteOptions): readonly Route[] {
  return [createJobRoute(options), listJobsRoute(options), getJobRoute(options), cancelJobRoute(options), jobResultsRoute(options), jobEventsRoute(options)];
}
