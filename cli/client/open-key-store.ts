import { Redis } from 'ioredis';
import { createRedisKeyStore, type KeyStore } from '../../gateway/clients/redis-key-store.js';
import { FanlightError } from '../../schemas/failure.js';
import { readRecord } from '../deployment-record.js';
import { noRedis, redisPrefix } from '../open-redis.js';

/** Opens the keys of the environment's Redis, else of the deployment on this machine. Throws `host-unreachable`. */
export async function withKeyStore<T>(environment: NodeJS.ProcessEnv, use: (store: KeyStore) => Promise<T>): Promise<T> {
  const url = environment['FANLIGHT_REDIS_URL'] || readRecord(environment)?.environment['FANLIGHT_REDIS_URL'];
  if (url === undefined) throw noRedis('API keys are');
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: 3_000, maxRetriesPerRequest: 0, retryStrategy: () => null });
  let reason: unknown;
  redis.on('error', (error) => (reason = error));
  try {
    await redis.connect().catch((error: unknown) => {
      throw unreachable(url, reason ?? error);
    });
    return await use(createRedisKeyStore(redis, redisPrefix));
  } finally {
    redis.disconnect();
  }
}

function unreachable(url: string, cause: unknown): FanlightError {
  return new FanlightError({
    code: 'host-unreachable',
    message: `Redis at ${new URL(url).host} does not answer: ${cause instanceof Error ? cause.message : String(cause)}.`,
    remedy: 'Start it with `npm start` or `fanlight up --detach`, or correct FANLIGHT_REDIS_URL.',
    cause,
  });
}
