import { z } from 'zod';
import type { Environment } from '../../primitives/environment.js';
import { fromEnvironment, parseConfig } from '../../adapters/stores/store-config.js';
import { bucketSettings, bucketVariables } from '../bucket-config.js';

const schema = z.object(bucketSettings({ prefix: 'tags/', concurrency: 16, maxConcurrency: 256, timeoutMs: 10_000 }));

export type S3SinkConfig = z.output<typeof schema>;
export type S3SinkSettings = z.input<typeof schema>;

export function s3SinkConfig(settings: S3SinkSettings): S3SinkConfig {
  return parseConfig('s3', schema, settings);
}

export function s3SinkConfigFrom(environment: Environment): S3SinkConfig {
  return parseConfig('s3', schema, fromEnvironment(environment, s3SinkVariables));
}

export const s3SinkVariables = bucketVariables('S3');
