import { describe, expect, test } from 'vitest';
import { sinkCatalogue, sinkNamed } from '../../sinks/catalogue.js';
import { lakeSinkConfigFrom } from '../../sinks/lake/config.js';
import { redisSinkConfigFrom } from '../../sinks/redis/config.js';
import { s3SinkConfigFrom } from '../../sinks/s3/config.js';

const environment = {
  FANLIGHT_S3_ENDPOINT: 'http://127.0.0.1:1',
  FANLIGHT_S3_ACCESS_KEY_ID: 'key',
  FANLIGHT_S3_SECRET_ACCESS_KEY: 'secret',
  FANLIGHT_SINK_S3_BUCKET: 'tags',
  FANLIGHT_SINK_LAKE_BUCKET: 'lake',
  FANLIGHT_SINK_LAKE_MAX_RECORDS: '100',
  FANLIGHT_SOLR_URL: 'http://127.0.0.1:1/solr/photos',
  FANLIGHT_SINK_REDIS_URL: 'redis://127.0.0.1:1',
};

describe('sink catalogue', () => {
  test('creates every sink from the environment without a connection', async () => {
    const sinks = await Promise.all(sinkCatalogue.map((entry) => entry.create(environment)));
    expect(sinks.map(({ name, batch }) => ({ name, ...batch }))).toEqual([
      { name: 's3', maxRecords: 200, maxDelayMs: 500 },
      { name: 'lake', maxRecords: 100, maxDelayMs: 10_000 },
      { name: 'solr', maxRecords: 500, maxDelayMs: 1000 },
      { name: 'redis', maxRecords: 500, maxDelayMs: 200 },
    ]);
    await Promise.all(sinks.map((sink) => sink.close()));
  });

  test('reads the settings of the two sinks that write to a bucket from variables of their own', () => {
    const settings = {
      FANLIGHT_SINK_S3_BUCKET: 'tags',
      FANLIGHT_SINK_S3_PREFIX: 'a/',
      FANLIGHT_SINK_S3_CREATE_BUCKET: 'true',
      FANLIGHT_SINK_S3_CONCURRENCY: '65',
      FANLIGHT_SINK_LAKE_BUCKET: 'lake',
      FANLIGHT_SINK_LAKE_TIMEOUT_MS: '500',
    };
    expect(s3SinkConfigFrom(settings)).toEqual({
      ...{ bucket: 'tags', prefix: 'a/', createBucket: true, concurrency: 65, timeoutMs: 10_000 },
    });
    expect(lakeSinkConfigFrom(settings)).toEqual({
      ...{ bucket: 'lake', prefix: 'lake/', createBucket: false, concurrency: 4, timeoutMs: 500 },
      ...{ maxRecords: 5_000, maxDelayMs: 10_000 },
    });
    expect(() => lakeSinkConfigFrom({ ...settings, FANLIGHT_SINK_LAKE_CONCURRENCY: '65' })).toThrow(/concurrency/);
  });

  test('writes results to the Redis of the system unless the environment names one for the sink', () => {
    const system = { FANLIGHT_REDIS_URL: 'redis://system:6379' };
    expect(redisSinkConfigFrom(system)).toMatchObject({ url: 'redis://system:6379', prefix: 'fl:' });
    const both = { ...system, FANLIGHT_SINK_REDIS_URL: 'redis://results:6379' };
    expect(redisSinkConfigFrom(both)).toMatchObject({ url: 'redis://results:6379' });
    expect(redisSinkConfigFrom({ ...system, FANLIGHT_SINK_REDIS_URL: '' })).toMatchObject(redisSinkConfigFrom(system));
  });

  test.each([
    { name: 's3', environment: {}, says: /bucket/ },
    { name: 's3', environment: { ...environment, FANLIGHT_SINK_S3_PREFIX: 'tags' }, says: /prefix: ends in a slash/ },
    { name: 's3', environment: { ...environment, FANLIGHT_S3_ENDPOINT: 'here' }, says: /endpoint/ },
    { name: 'lake', environment: { ...environment, FANLIGHT_SINK_LAKE_MAX_RECORDS: 'many' }, says: /maxRecords/ },
    { name: 'solr', environment: {}, says: /url/ },
    { name: 'redis', environment: { FANLIGHT_SINK_REDIS_URL: 'http://x' }, says: /url/ },
  ])('reports a wrong configuration of $name ($says)', async ({ name, environment: wrong, says }) => {
    await expect(sinkNamed(name).create(wrong)).rejects.toMatchObject({
      code: 'invalid-configuration',
      message: expect.stringMatching(says),
    });
  });

  test('names the known sinks when a name is unknown', () => {
    expect(() => sinkNamed('elastic')).toThrow(
      expect.objectContaining({ remedy: 'Choose one of s3, lake, solr, redis.' }),
    );
  });
});
