import { z } from 'zod';
import type { Environment } from '../../primitives/environment.js';
import { fromEnvironment, parseConfig } from '../../adapters/stores/store-config.js';

const schema = z.object({
  /** URL of the core or collection, such as `http://host:8983/solr/photos`. May contain `user:password@`. */
  url: z.url({ protocol: /^https?$/ }),
  /** Longest time (ms) until searches see an update. */
  commitWithinMs: z.coerce.number().int().min(100).default(3_000),
  /** Upper bound of photos in one update request. */
  maxRecords: z.coerce.number().int().min(1).max(5_000).default(500),
  /** Longest time (ms) that a result waits for its batch to fill. */
  maxDelayMs: z.coerce.number().int().min(0).default(1_000),
  /** Timeout of one request (ms). */
  timeoutMs: z.coerce.number().int().min(100).default(10_000),
});

export type SolrSinkConfig = z.output<typeof schema>;
export type SolrSinkSettings = z.input<typeof schema>;

export function solrSinkConfig(settings: SolrSinkSettings): SolrSinkConfig {
  return parseConfig('solr', schema, settings);
}

export function solrSinkConfigFrom(environment: Environment): SolrSinkConfig {
  return parseConfig('solr', schema, fromEnvironment(environment, solrSinkVariables));
}

export const solrSinkVariables = {
  url: 'FANLIGHT_SOLR_URL',
  commitWithinMs: 'FANLIGHT_SINK_SOLR_COMMIT_WITHIN_MS',
  maxRecords: 'FANLIGHT_SINK_SOLR_MAX_RECORDS',
  maxDelayMs: 'FANLIGHT_SINK_SOLR_MAX_DELAY_MS',
  timeoutMs: 'FANLIGHT_SINK_SOLR_TIMEOUT_MS',
} as const;
