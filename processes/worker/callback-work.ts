import { createRedisDeliveredItems } from '../../jobs/callbacks/redis-delivered-items.js';
import { createS3PartStore } from '../../jobs/results/s3-part-store.js';
import { createCallbackPublishers } from '../../jobs/callbacks/kafka/publishers.js';
import { callbacksConsumption, callbacksPath } from '../../jobs/callbacks/callbacks-consumption.js';
import { retryConsumptions } from '../../runtime/failures/retry-consumption.js';
import type { WorkerServices } from '../../runtime/services.js';
import { callbackConfigFrom } from '../../jobs/callbacks/config.js';
import { openCallbacks } from '../../jobs/callbacks/callback-router.js';
import { createRedisWebhookStore } from '../../jobs/callbacks/webhook/redis-store.js';
import type { Environment } from '../../primitives/environment.js';
import type { Config } from '../config.js';
import { logUnreachable } from '../unreachable-log.js';
import { openS3 } from '../pipeline-ports.js';
import type { OpenedRole } from './role.js';
import { noRedis, openRedis, redisPrefix } from '../redis.js';

/** Opens the consumptions of callback deliveries and of their retries. Throws `invalid-configuration`. */
export async function openCallbackWork(
  config: Config,
  services: WorkerServices,
  environment: Environment,
): Promise<OpenedRole> {
  const { clock, kafka, logger } = services;
  const callbackSettings = callbackConfigFrom(environment);
  const redis = openRedis(config, logger);
  if (redis === undefined) throw noRedis('The state of callbacks is');
  const s3 = openS3(config);
  const { publishTo, close: closePublishers } = createCallbackPublishers(kafka);
  const callbacks = await openCallbacks({
    environment,
    config: callbackSettings,
    clock,
    publishTo,
    webhooks: createRedisWebhookStore(redis, redisPrefix),
    onUnreachable: logUnreachable(services),
  });
  const deliveries = callbacksConsumption({
    callbacks,
    parts: createS3PartStore({ client: s3, bucket: config.FANLIGHT_IMAGE_BUCKET }),
    delivered: createRedisDeliveredItems(redis, redisPrefix),
    services,
  });
  return {
    consumptions: [deliveries, ...retryConsumptions(callbacksPath().lane, clock)],
    async close() {
      await Promise.all([callbacks.close(), closePublishers()]);
      redis.disconnect();
      s3.destroy();
    },
  };
}
