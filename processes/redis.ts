import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { connectRedis } from '../adapters/redis-connection.js';
import { FanlightError } from '../schemas/failure.js';
import type { Config } from './config.js';

/** Prefix of all Redis keys of the gateway and of jobs. */
export const redisPrefix = 'fl:';

/** The Redis of FANLIGHT_REDIS_URL; undefined without one. */
export function openRedis({ FANLIGHT_REDIS_URL: url }: Config, logger: Logger): Redis | undefined {
  if (url === undefined) return undefined;
  return connectRedis({
    url,
    onAway: ({ message }) =>
      logger.warn({ error: message }, 'Redis is away; work continues, and docs/gateway.md lists the exceptions'),
    onBack: () => logger.info('Redis is back'),
  });
}

/**
 * @param what subject and verb of the message, such as `API keys are`
 * @param otherwise alternative remedy, which follows "or"
 */
export function noRedis(what: string, otherwise?: string): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: `${what} kept in Redis, and FANLIGHT_REDIS_URL is not set.`,
    remedy: `Set it to redis://host:port${otherwise === undefined ? '' : `, or ${otherwise}`}.`,
  });
}
