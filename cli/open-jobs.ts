import { createRedisJobState } from '../adapters/jobs/redis-job-state.js';
import { createS3PartStore } from '../adapters/jobs/s3-part-store.js';
import type { JobServices } from '../gateway/jobs/ports.js';
import { connectRedis } from '../gateway/clients/redis-connection.js';
import { ProblemError } from '../gateway/problems/problem.js';
import type { JobProjection, JobStates, PartStore } from '../jobs/ports.js';
import { followCancellations } from '../runtime/kafka/cancellations.js';
import { createJobQueue } from '../runtime/kafka/job-queue.js';
import type { WorkerServices } from '../runtime/kafka/services.js';
import { FanlightError } from '../schemas/failure.js';
import type { Config } from './config.js';
import { clientsPrefix } from './open-clients.js';
import { openS3 } from './open-ports.js';

export interface OpenedJobStores {
  readonly states: JobStates & JobProjection;
  readonly parts: PartStore;
  close(): void;
}

/** Where jobs stand, in the Redis of FANLIGHT_REDIS_URL, and their results, beside the images. Throws `invalid-configuration` without a Redis. */
export function openJobStores(config: Config, { logger }: Pick<WorkerServices, 'logger'>): OpenedJobStores {
  if (config.FANLIGHT_REDIS_URL === undefined) {
    throw new FanlightError({
      code: 'invalid-configuration',
      message: 'Where jobs stand is kept in Redis, and FANLIGHT_REDIS_URL is not set.',
      remedy: 'Set it to redis://host:port.',
    });
  }
  const redis = connectRedis({
    url: config.FANLIGHT_REDIS_URL,
    onAway: ({ message }) => logger.warn({ error: message }, 'Redis is away: jobs go on, and where they stand can not be told'),
    onBack: () => logger.info('Redis is back'),
  });
  const client = openS3(config);
  return {
    states: createRedisJobState({ redis, prefix: clientsPrefix }),
    parts: createS3PartStore({ client, bucket: config.FANLIGHT_IMAGE_BUCKET }),
    close() {
      redis.disconnect();
      client.destroy();
    },
  };
}

/** What the routes of jobs need; undefined without a Redis, so that a gateway without one has no such routes. */
export async function openJobs(config: Config, services: WorkerServices): Promise<{ readonly jobs: JobServices; close(): Promise<void> } | undefined> {
  if (config.FANLIGHT_REDIS_URL === undefined) return undefined;
  const stores = openJobStores(config, services);
  const cancellations = await followCancellations(services);
  return {
    jobs: { queue: createJobQueue({ ...services, cancellations }), states: stores.states, parts: stores.parts, checkCallback: refuseCallbacks },
    async close() {
      await cancellations.close();
      stores.close();
    },
  };
}

function refuseCallbacks(): never {
  throw new ProblemError({ code: 'invalid-callback', detail: 'This deployment sends results nowhere.', remedy: 'Leave the callback out, and read the results of the job.' });
}
