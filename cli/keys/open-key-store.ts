import { createRedisKeyStore, type KeyStore } from '../../http/clients/redis-key-store.js';
import { redisPrefix } from '../../processes/open-redis.js';
import { withRedis } from '../client/open-redis.js';

/** Opens the keys of the environment's Redis, else of the deployment on this machine. Throws `host-unreachable`. */
export function withKeyStore<T>(environment: NodeJS.ProcessEnv, use: (store: KeyStore) => Promise<T>): Promise<T> {
  return withRedis('API keys are', environment, (redis) => use(createRedisKeyStore(redis, redisPrefix)));
}
