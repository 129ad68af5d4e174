import { z } from 'zod';
import { type Environment, fromEnvironment, parseConfig } from '../../adapters/stores/parse-config.js';

const schema = z.object({
  /** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. */
  url: z.url({ protocol: /^rediss?$/ }),
  /** In front of every key. In Redis Cluster it has to hold a hash tag, such as `{fl}:`. */
  prefix: z.string().min(1).default('fl:'),
  /** Results in one pipeline of commands, at most. */
  maxRecords: z.coerce.number().int().min(1).max(5_000).default(500),
  /** How long a result may wait for its batch to fill. */
  maxDelayMs: z.coerce.number().int().min(0).default(200),
  /** For a connection, and for each silence of Redis while an answer is awaited. */
  timeoutMs: z.coerce.number().int().min(100).default(2_000),
});

export type RedisSinkConfig = z.output<typeof schema>;
export type RedisSinkSettings = z.input<typeof schema>;

export function redisSinkConfig(settings: RedisSinkSettings): RedisSinkConfig {
  return parseConfig('redis', schema, settings);
}

export function redisSinkConfigFrom(environment: Environment): RedisSinkConfig {
  return parseConfig('redis', schema, fromEnvironment(environment, redisSinkVariables));
}

export const redisSinkVariables = {
  url: 'FANLIGHT_REDIS_URL',
  prefix: 'FANLIGHT_SINK_REDIS_PREFIX',
  maxRecords: 'FANLIGHT_SINK_REDIS_MAX_RECORDS',
  maxDelayMs: 'FANLIGHT_SINK_REDIS_MAX_DELAY_MS',
  timeoutMs: 'FANLIGHT_SINK_REDIS_TIMEOUT_MS',
} as const;
