import type { Workers } from './schedule.js';

/** Every role, and two processes of those whose partitions have to change hands. */
export const everyRole: Workers = {
  share: 1,
  fetch: 2,
  retry: 1,
  jobs: 1,
  callbacks: 1,
  'sink-s3': 2,
  'sink-lake': 2,
  'sink-solr': 1,
  'sink-redis': 1,
  gateway: 1,
};
