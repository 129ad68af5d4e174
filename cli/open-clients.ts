import { createAuthenticator } from '../gateway/clients/authenticate.js';
import { createGuard, type Guard } from '../gateway/clients/guard.js';
import { createKnownKeys } from '../gateway/clients/known-keys.js';
import { connectRedis } from '../gateway/clients/redis-connection.js';
import { createRedisKeyStore } from '../gateway/clients/redis-key-store.js';
import { createRedisLimits } from '../gateway/clients/redis-limits.js';
import type { WorkerServices } from '../runtime/kafka/services.js';
import { FanlightError } from '../schemas/failure.js';
import type { Config } from './config.js';

/** In front of every key of the gateway in Redis. */
export const clientsPrefix = 'fl:';

/** Keys and limits of the gateway's clients, in the Redis of FANLIGHT_REDIS_URL. Throws `invalid-configuration` without one. */
export function openClients({ FANLIGHT_REDIS_URL: url }: Config, services: WorkerServices): { readonly guard: Guard; close(): void } {
  const { clock, logger, metrics, randomHex } = services;
  if (url === undefined) throw noRedis();
  const redis = connectRedis({
    url,
    onAway: ({ message }) => logger.warn({ error: message }, 'Redis is away: known keys go on working, and limits count in this process alone'),
    onBack: () => logger.info('Redis is back'),
  });
  const store = createRedisKeyStore(redis, clientsPrefix);
  const limits = createRedisLimits({ redis, prefix: clientsPrefix, clock, randomHex });
  const authenticate = createAuthenticator({ findKey: createKnownKeys({ find: (id) => store.find(id), clock }), clock });
  return {
    guard: createGuard({ authenticate, limits, metrics: metrics.registry }),
    close() {
      limits.close();
      redis.disconnect();
    },
  };
}

export function noRedis(): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: 'API keys are kept in Redis, and FANLIGHT_REDIS_URL is not set.',
    remedy: 'Set it to redis://host:port, or set FANLIGHT_GATEWAY_AUTH=off for a gateway that asks for no key.',
  });
}
