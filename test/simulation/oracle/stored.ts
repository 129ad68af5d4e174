import type { SinkKind, Stores } from '../stores/sinks.js';
import { createLakeCheck } from './lake-check.js';
import type { StoreCheck } from './store-check.js';
import { createRedisCheck } from './redis-check.js';
import { createS3Check } from './s3-check.js';
import { createSolrCheck } from './solr-check.js';

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
