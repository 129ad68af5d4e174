import { z } from 'zod';
import type { Environment } from '../../primitives/environment.js';
import { fromEnvironment, parseConfig } from '../../adapters/stores/store-config.js';

const schema = z.object({
  /** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. */
  url: z.url({ protocol: /^rediss?$/ }),
  /** Start of every key. In Redis Cluster it has to contain a hash tag, such as `{fl}:`. */
  prefix: z.string().min(1).default('fl:'),
  /** Upper bound of results in one pipeline of commands. */
  maxRecords: z.coerce.number().int().min(1).max(5_000).default(500),
  /** Longest time (ms) that a result waits for its batch to fill. */
  maxDelayMs: z.coerce.number().int().min(0).default(200),
  /** Timeout (ms) to connect, and longest silence of Redis while an answer is awaited. */
  timeoutMs: z.coerce.number().int().min(100).default(2_000),
});

export type RedisSinkConfig = z.output<typeof schema>;
export type RedisSinkSettings = z.input<typeof schema>;

export function redisSinkConfig(settings: RedisSinkSettings): RedisSinkConfig {
  return parseConfig('redis', schema, settings);
}

/** Without `FANLIGHT_SINK_REDIS_URL` the sink writes to the Redis of the system. */
export function redisSinkConfigFrom(environment: Environment): RedisSinkConfig {
  const system = fromEnvironment(environment, { url: 'FANLIGHT_REDIS_URL' });
  return parseConfig('redis', schema, { ...system, ...fromEnvironment(environment, redisSinkVariables) });
}

export const redisSinkVariables = {
  url: 'FANLIGHT_SINK_REDIS_URL',
  prefix: 'FANLIGHT_SINK_REDIS_PREFIX',
  maxRecords: 'FANLIGHT_SINK_REDIS_MAX_RECORDS',
  maxDelayMs: 'FANLIGHT_SINK_REDIS_MAX_DELAY_MS',
  timeoutMs: 'FANLIGHT_SINK_REDIS_TIMEOUT_MS',
} as const;
