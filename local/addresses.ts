import type { Addresses } from './servers/platform.js';
import type { Environment } from '../primitives/environment.js';

/**
 * Returns the environment variables with which every process finds the platform.
 *
 * @param given variables of the operator, which override these. With a Redis of the operator, results go there as well.
 */
export function environmentOf(addresses: Addresses, given: Environment): Record<string, string> {
  const { kafkaBrokers, registryUrl, redisUrl, sinkRedisUrl, s3, solrUrl } = addresses;
  return {
    FANLIGHT_KAFKA_BROKERS: kafkaBrokers.join(','),
    FANLIGHT_REGISTRY_URL: registryUrl,
    FANLIGHT_REDIS_URL: redisUrl,
    ...((given['FANLIGHT_REDIS_URL'] ?? '') === '' ? { FANLIGHT_SINK_REDIS_URL: sinkRedisUrl } : {}),
    FANLIGHT_OUTPUT_CACHE_URL: redisUrl,
    FANLIGHT_S3_ENDPOINT: s3.endpoint,
    FANLIGHT_S3_REGION: s3.region,
    FANLIGHT_S3_ACCESS_KEY_ID: s3.accessKeyId,
    FANLIGHT_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
    FANLIGHT_SOLR_URL: solrUrl,
  };
}

/** Defaults of a deployment on this machine; its environment overrides them. */
export const localDefaults = {
  FANLIGHT_PLACEMENT: 'compact',
  FANLIGHT_DEVICE: 'cpu',
  FANLIGHT_GATEWAY_AUTH: 'off',
  FANLIGHT_PINNED_MODELS: 'default-pipeline',
  FANLIGHT_IMAGE_BUCKET: 'fanlight-images',
  FANLIGHT_SINK_S3_BUCKET: 'fanlight-tags',
  FANLIGHT_SINK_S3_CREATE_BUCKET: 'true',
  FANLIGHT_SINK_LAKE_BUCKET: 'fanlight-lake',
  FANLIGHT_SINK_LAKE_CREATE_BUCKET: 'true',
} as const;

/** Whether the environment names a platform, so that Fanlight does not start one. */
export function platformIsGiven(environment: Environment): boolean {
  return (environment['FANLIGHT_KAFKA_BROKERS'] ?? '') !== '';
}
