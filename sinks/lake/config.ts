import { z } from 'zod';
import type { Environment } from '../../primitives/environment.js';
import { fromEnvironment, parseConfig } from '../../adapters/stores/store-config.js';
import { bucketSettings, bucketVariables } from '../bucket-config.js';

const schema = z.object({
  ...bucketSettings({ prefix: 'lake/', concurrency: 4, maxConcurrency: 64, timeoutMs: 20_000 }),
  /** Upper bound of results in one file. The worker holds them in memory until the file is written. */
  maxRecords: z.coerce.number().int().min(1).max(100_000).default(5_000),
  /** Longest time (ms) that a result waits for its file to fill. */
  maxDelayMs: z.coerce.number().int().min(0).default(10_000),
});

export type LakeSinkConfig = z.output<typeof schema>;
export type LakeSinkSettings = z.input<typeof schema>;

export function lakeSinkConfig(settings: LakeSinkSettings): LakeSinkConfig {
  return parseConfig('lake', schema, settings);
}

export function lakeSinkConfigFrom(environment: Environment): LakeSinkConfig {
  return parseConfig('lake', schema, fromEnvironment(environment, lakeSinkVariables));
}

export const lakeSinkVariables = {
  ...bucketVariables('LAKE'),
  maxRecords: 'FANLIGHT_SINK_LAKE_MAX_RECORDS',
  maxDelayMs: 'FANLIGHT_SINK_LAKE_MAX_DELAY_MS',
} as const;
