import { z } from 'zod';
import { type Environment, fromEnvironment, parseConfig } from '../../adapters/stores/parse-config.js';

const schema = z.object({
  bucket: z.string().min(3),
  /** In front of every key; ends in a slash unless it is empty. */
  prefix: z
    .string()
    .max(100)
    .regex(/^$|\/$/, 'ends in a slash')
    .default('tags/'),
  /** Whether `open` may make a missing bucket. */
  createBucket: z.stringbool().or(z.boolean()).default(false),
  /** Puts at a time. */
  concurrency: z.coerce.number().int().min(1).max(256).default(16),
  /** For one request, the SDK's own retry included. */
  timeoutMs: z.coerce.number().int().min(100).default(10_000),
});

export type S3SinkConfig = z.output<typeof schema>;
export type S3SinkSettings = z.input<typeof schema>;

export function s3SinkConfig(settings: S3SinkSettings): S3SinkConfig {
  return parseConfig('s3', schema, settings);
}

export function s3SinkConfigFrom(environment: Environment): S3SinkConfig {
  return parseConfig('s3', schema, fromEnvironment(environment, s3SinkVariables));
}

export const s3SinkVariables = {
  bucket: 'FANLIGHT_SINK_S3_BUCKET',
  prefix: 'FANLIGHT_SINK_S3_PREFIX',
  createBucket: 'FANLIGHT_SINK_S3_CREATE_BUCKET',
  concurrency: 'FANLIGHT_SINK_S3_CONCURRENCY',
  timeoutMs: 'FANLIGHT_SINK_S3_TIMEOUT_MS',
} as const;
