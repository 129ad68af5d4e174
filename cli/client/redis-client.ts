import { Redis } from 'ioredis';
import { FanlightError } from '../../schemas/failure.js';
import { readRecord } from '../../local/deployment-record.js';
import { noRedis } from '../../processes/redis.js';

/**
 * Connects to the environment's Redis, else to that of the deployment on this machine. Throws `invalid-configuration`
 * if there is neither, and `host-unreachable`.
 *
 * @param what subject and verb of the error sentence, such as `API keys are` (kept in Redis)
 */
export async function withRedis<T>(
  what: string,
  environment: NodeJS.ProcessEnv,
  use: (redis: Redis) => Promise<T>,
): Promise<T> {
  const url = environment['FANLIGHT_REDIS_URL'] || readRecord(environment)?.environment['FANLIGHT_REDIS_URL'];
  if (url === undefined) throw noRedis(what);
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 3_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: unknown;
  redis.on('error', (error) => (reason = error));
  try {
    await redis.connect().catch((error: unknown) => {
      throw unreachable(url, reason ?? error);
    });
    return await use(redis);
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
