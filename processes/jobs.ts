import type { Redis } from 'ioredis';
import type { S3ClientOptions } from '../adapters/s3-client.js';
import { createRedisJobState } from '../jobs/state/redis-job-state.js';
import { createS3PartStore } from '../jobs/results/s3-part-store.js';
import type { JobServices } from '../gateway/jobs/job-services.js';
import type { JobProjection } from '../jobs/state/job-projection.js';
import type { JobStates } from '../jobs/state/job-states.js';
import type { PartStore } from '../jobs/results/part-store.js';
import { followCancellations } from '../jobs/cancellations.js';
import { createJobQueue } from '../jobs/submission/kafka-job-queue.js';
import type { WorkerServices } from '../runtime/services.js';
import { callbackConfigFrom } from '../jobs/callbacks/config.js';
import { parseCallback } from '../jobs/callbacks/callback-uri.js';
import type { Environment } from '../primitives/environment.js';
import type { Config } from './config.js';
import { openS3 } from './pipeline-ports.js';
import { redisPrefix } from './redis.js';

export interface OpenedJobStores {
  readonly states: JobStates & JobProjection;
  readonly parts: PartStore;
  close(): void;
}

/** Opens the state of jobs (Redis), and the store of their results (the bucket of the images). */
export function openJobStores(config: Config, redis: Redis, patience: S3ClientOptions['patience']): OpenedJobStores {
  const client = openS3(config, patience);
  return {
    states: createRedisJobState({ redis, prefix: redisPrefix }),
    parts: createS3PartStore({ client, bucket: config.FANLIGHT_IMAGE_BUCKET }),
    close: () => client.destroy(),
  };
}

/** Opens the services that the routes of jobs need. */
export async function openJobs(
  config: Config,
  redis: Redis,
  services: WorkerServices,
  environment: Environment,
): Promise<{ readonly jobs: JobServices; close(): Promise<void> }> {
  const callbacks = callbackConfigFrom(environment);
  const stores = openJobStores(config, redis, 'gateway');
  const cancellations = await followCancellations(services);
  return {
    jobs: {
      queue: createJobQueue({ ...services, cancellations }),
      states: stores.states,
      parts: stores.parts,
      checkCallback: (uri) => void parseCallback(uri, callbacks),
    },
    async close() {
      await cancellations.close();
      stores.close();
    },
  };
}
