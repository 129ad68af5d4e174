import { createRedisKeyStore, type KeyStore } from '../../http/clients/redis-key-store.js';
import { redisPrefix } from '../../processes/redis.js';
import { withRedis } from '../client/redis-client.js';

/** Opens the key store in the environment's Redis, else in that of the local deployment. Throws `host-unreachable`. */
export function withKeyStore<T>(environment: NodeJS.ProcessEnv, use: (store: KeyStore) => Promise<T>): Promise<T> {
  return withRedis('API keys are', environment, (redis) => use(createRedisKeyStore(redis, redisPrefix)));
}
