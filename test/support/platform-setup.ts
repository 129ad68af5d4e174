import { provideTestPlatform } from './test-platform.js';

/** Starts real servers once for all integration tests, and passes their addresses as environment variables. */
export async function setup(): Promise<() => Promise<void>> {
  const platform = await provideTestPlatform();
  const { kafkaBrokers, registryUrl, redisUrl, sinkRedisUrl, s3, solrUrl, sqsEndpoint } = platform.addresses;
  Object.assign(process.env, {
    FANLIGHT_TEST_KAFKA_BROKERS: kafkaBrokers.join(','),
    FANLIGHT_TEST_REGISTRY_URL: registryUrl,
    FANLIGHT_TEST_REDIS_URL: redisUrl,
    FANLIGHT_TEST_SINK_REDIS_URL: sinkRedisUrl,
    FANLIGHT_TEST_S3_ENDPOINT: s3.endpoint,
    FANLIGHT_TEST_S3_REGION: s3.region,
    FANLIGHT_TEST_S3_ACCESS_KEY_ID: s3.accessKeyId,
    FANLIGHT_TEST_S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
    FANLIGHT_TEST_SOLR_URL: solrUrl,
    FANLIGHT_TEST_SQS_ENDPOINT: sqsEndpoint,
  });
  return () => platform.stop();
}
