import { z } from 'zod';
import { type Environment, fromEnvironment, parseConfig } from '../../adapters/stores/parse-config.js';

const schema = z.object({
  bucket: z.string().min(3),
  /** In front of every key; ends in a slash unless it is empty. */
  prefix: z
    .string()
    .max(100)
    .regex(/^$|\/$/, 'ends in a slash')
    .default('lake/'),
  /** Whether `open` may make a missing bucket. */
  createBucket: z.stringbool().or(z.boolean()).default(false),
  /** Results in a file, at most; they are held in memory until it is written. */
  maxRecords: z.coerce.number().int().min(1).max(100_000).default(5_000),
  /** How long a result may wait for its file to fill. */
  maxDelayMs: z.coerce.number().int().min(0).default(10_000),
  /** Files written at a time. */
  concurrency: z.coerce.number().int().min(1).max(64).default(4),
  /** For one request, the SDK's own retry included. */
  timeoutMs: z.coerce.number().int().min(100).default(20_000),
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
  bucket: 'FANLIGHT_SINK_LAKE_BUCKET',
  prefix: 'FANLIGHT_SINK_LAKE_PREFIX',
  createBucket: 'FANLIGHT_SINK_LAKE_CREATE_BUCKET',
  maxRecords: 'FANLIGHT_SINK_LAKE_MAX_RECORDS',
  maxDelayMs: 'FANLIGHT_SINK_LAKE_MAX_DELAY_MS',
  concurrency: 'FANLIGHT_SINK_LAKE_CONCURRENCY',
  timeoutMs: 'FANLIGHT_SINK_LAKE_TIMEOUT_MS',
} as const;
