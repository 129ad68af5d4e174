import type { SinkKind, Stores } from '../stores/sinks.js';
import { createLakeCheck } from './lake-check.js';
import type { Result } from './results.js';
import { createRedisCheck } from './redis-check.js';
import { createS3Check } from './s3-check.js';
import { createSolrCheck } from './solr-check.js';

/** Compares a store with the results that its sink has read. */
export interface StoreCheck {
  /** Whether the store has the result, or a newer one in its place. */
  has(result: Result): boolean;
  /** Returns the differences from the store of a run without faults. */
  differences(results: readonly Result[]): readonly string[];
}

export function storeCheck(kind: SinkKind, { objects, redis, solr }: Stores): StoreCheck {
  switch (kind) {
    case 's3':
      return createS3Check(objects);
    case 'lake':
      return createLakeCheck(objects);
    case 'redis':
      return createRedisCheck(redis);
    case 'solr':
      return createSolrCheck(solr);
  }
}
