import type { Redis } from 'ioredis';
import { createAuthenticator } from '../../http/clients/authenticator.js';
import { createGuard, type Guard } from '../../http/clients/guard.js';
import { createKnownKeys } from '../../http/clients/known-keys.js';
import { createRedisKeyStore } from '../../http/clients/redis-key-store.js';
import { createRedisLimiter } from '../../http/clients/redis-limiter.js';
import type { WorkerServices } from '../../runtime/services.js';
import { noRedis, redisPrefix } from '../redis.js';

/** Keys and limits of the gateway's clients. Throws `invalid-configuration` without a Redis. */
export function openClients(
  redis: Redis | undefined,
  services: WorkerServices,
): { readonly guard: Guard; close(): void } {
  const { clock, metrics, randomHex } = services;
  if (redis === undefined)
    throw noRedis('API keys are', 'set FANLIGHT_GATEWAY_AUTH=off for a gateway that asks for no key');
  const store = createRedisKeyStore(redis, redisPrefix);
  const limits = createRedisLimiter({ redis, prefix: redisPrefix, clock, randomHex });
  const authenticate = createAuthenticator({
    findKey: createKnownKeys({ find: (id) => store.find(id), clock }),
    clock,
  });
  return { guard: createGuard({ authenticate, limits, metrics: metrics.registry }), close: () => limits.close() };
}
