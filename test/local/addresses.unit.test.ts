import { describe, expect, it } from 'vitest';
import { environmentOf } from '../../local/addresses.js';

const addresses = {
  kafkaBrokers: ['127.0.0.1:19092'],
  registryUrl: 'http://127.0.0.1:18081',
  redisUrl: 'redis://127.0.0.1:16379',
  sinkRedisUrl: 'redis://127.0.0.1:16380',
  s3: { endpoint: 'http://127.0.0.1:19000', region: 'us-east-1', accessKeyId: 'a', secretAccessKey: 'b' },
  solrUrl: 'http://127.0.0.1:18983/solr/listing-photos',
  sqsEndpoint: 'http://127.0.0.1:19324',
};

describe('the environment of a local platform', () => {
  it('has one Redis for the system and another for results', () => {
    expect(environmentOf(addresses, {})).toMatchObject({
      FANLIGHT_REDIS_URL: addresses.redisUrl,
      FANLIGHT_SINK_REDIS_URL: addresses.sinkRedisUrl,
    });
  });

  it('leaves results in the Redis of an operator that names only one', () => {
    expect(environmentOf(addresses, { FANLIGHT_REDIS_URL: 'redis://mine:6379' })).not.toHaveProperty(
      'FANLIGHT_SINK_REDIS_URL',
    );
  });
});
