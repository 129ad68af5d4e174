import { createServer, type AddressInfo } from 'node:net';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlatform, type PartExit, type Platform } from '../../../local/servers/platform.js';
import { FREE_PORTS } from '../../../local/servers/port-numbers.js';

const START_MS = 240_000;
const avro = (...fields: readonly string[]): string =>
  JSON.stringify({ type: 'record', name: 'R', fields: fields.map((name) => ({ name, type: 'int' })) });

let dataDir: string;
let platform: Platform;
let exited: (exit: PartExit) => void = () => undefined;
const start = (): Promise<Platform> =>
  startPlatform({
    dataDir,
    ports: FREE_PORTS,
    onExit: (exit) => {
      exited(exit);
    },
  });

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'fanlight-platform-test-'));
  platform = await start();
}, START_MS);

afterAll(async () => {
  await platform.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const kafka = (): Kafka =>
  new Kafka({
    clientId: 'platform-test',
    brokers: [...platform.addresses.kafkaBrokers],
    logLevel: logLevel.NOTHING,
  });

async function registry(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(platform.addresses.registryUrl + path, {
    method,
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.json();
}

async function solr(path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(platform.addresses.solrUrl + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.json();
}

async function consumeOne(topic: string, groupId: string): Promise<number> {
  const consumer = kafka().consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      consumer
        .run({
          eachMessage: async ({ message }) => {
            resolve(message.value?.length ?? 0);
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}

describe('the local platform', () => {
  it('has a broker that creates topics at once, accepts large messages and refuses unknown topics', async () => {
    const admin = kafka().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'photos', numPartitions: 2 }], waitForLeaders: true });
    const producer = kafka().producer();
    await producer.connect();
    await producer.send({ topic: 'photos', messages: [{ value: Buffer.alloc(8 * 1024 * 1024) }] });
    await expect(producer.send({ topic: 'unheard-of', messages: [{ value: 'x' }] })).rejects.toThrow();
    await Promise.all([producer.disconnect(), admin.disconnect()]);
    expect(await consumeOne('photos', 'first')).toBe(8 * 1024 * 1024);
  }, 60_000);

  it('has a registry that reports and enforces BACKWARD compatibility', async () => {
    expect(await registry('GET', '/config')).toEqual({ compatibilityLevel: 'BACKWARD' });
    const registered = { id: expect.any(Number) };
    expect(await registry('POST', '/subjects/a-value/versions', { schema: avro('f') })).toEqual(registered);
    expect(await registry('POST', '/subjects/a-value/versions', { schema: avro('g') })).toMatchObject({
      error_code: 409,
    });
  });

  it('has a Redis that keeps a value', async () => {
    const redis = new Redis(platform.addresses.redisUrl);
    await redis.set('k', 'v');
    expect(await redis.get('k')).toBe('v');
    await redis.quit();
  });

  it('has a second Redis for results, and both refuse writes above a bound of memory', async () => {
    const { redisUrl, sinkRedisUrl } = platform.addresses;
    const [system, results] = [new Redis(redisUrl), new Redis(sinkRedisUrl)];
    await results.set('k', 'result');
    expect([await system.get('k'), await results.get('k')]).toEqual(['v', 'result']);
    const bounds = [await system.config('GET', 'maxmemory*'), await results.config('GET', 'maxmemory*')];
    expect(bounds).toEqual([
      expect.arrayContaining(['maxmemory', String(512 * 2 ** 20), 'maxmemory-policy', 'noeviction']),
      expect.arrayContaining(['maxmemory', String(2 ** 30), 'maxmemory-policy', 'noeviction']),
    ]);
    await Promise.all([system.quit(), results.quit()]);
  });

  it('has an S3 store that keeps objects with their metadata and rejects a wrong secret', async () => {
    const { endpoint, region, accessKeyId, secretAccessKey } = platform.addresses.s3;
    const client = (secret: string): S3Client =>
      new S3Client({
        ...{ endpoint, region, forcePathStyle: true },
        credentials: { accessKeyId, secretAccessKey: secret },
      });
    const s3 = client(secretAccessKey);
    await s3.send(new CreateBucketCommand({ Bucket: 'photos' }));
    await s3.send(
      new PutObjectCommand({
        ...{ Bucket: 'photos', Key: 'x/y', Body: 'z' },
        Metadata: { m: '1' },
        ContentType: 'text/plain',
      }),
    );
    const got = await s3.send(new GetObjectCommand({ Bucket: 'photos', Key: 'x/y' }));
    expect([await got.Body?.transformToString(), got.Metadata, got.ContentType]).toEqual([
      'z',
      { m: '1' },
      'text/plain',
    ]);
    const stranger = client('wrong');
    await expect(stranger.send(new GetObjectCommand({ Bucket: 'photos', Key: 'x/y' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    s3.destroy();
    stranger.destroy();
  });

  it('has a Solr core with facets and atomic updates that keep other fields', async () => {
    await solr('/update', [{ id: 'p', listingId: 'l', tags_home_ss: ['kitchen'], title_t: 'A bright kitchen' }]);
    await solr('/update?commit=true', [{ id: 'p', tags_home_ss: { set: ['bath'] } }]);
    expect(
      await solr('/select?q=title_t:bright&fl=id,listingId,tags_home_ss&facet=true&facet.field=tags'),
    ).toMatchObject({
      response: { docs: [{ id: 'p', listingId: 'l', tags_home_ss: ['bath'] }] },
      facet_counts: { facet_fields: { tags: ['bath', 1] } },
    });
  });

  it('reports a killed part with the tail of its log', async () => {
    const seen = new Promise<PartExit>((resolve) => {
      exited = resolve;
    });
    process.kill(platform.pids.redis ?? 0, 'SIGKILL');
    const { part, message } = await seen;
    expect(part).toBe('redis');
    expect(message).toMatch(/^Redis exited unexpectedly \(signal SIGKILL\); .*whole log: .*redis\.log\)\.$/);
  });

  it(
    'keeps topics, schemas, objects and documents after a restart on other ports',
    async () => {
      await platform.stop();
      platform = await start();
      expect(await consumeOne('photos', 'second')).toBe(8 * 1024 * 1024);
      const [system, results] = [platform.addresses.redisUrl, platform.addresses.sinkRedisUrl].map(
        (url) => new Redis(url),
      );
      expect([await system?.get('k'), await results?.get('k')]).toEqual(['v', 'result']);
      await Promise.all([system?.quit(), results?.quit()]);
      expect(await registry('GET', '/subjects')).toContain('a-value');
      expect(await solr('/get?id=p&fl=id')).toEqual({ doc: { id: 'p' } });
      expect(await readdir(join(dataDir, 's3', 'objects', 'photos', 'x'))).toEqual(['y']);
    },
    START_MS,
  );
});

describe('startPlatform', () => {
  it('names the part, the port and the variable if a port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    await expect(
      startPlatform({ dataDir, parts: ['redis'], ports: { ...FREE_PORTS, redis: port } }),
    ).rejects.toMatchObject({
      code: 'machine-unfit',
      message:
        `Redis cannot listen on 127.0.0.1:${port} because another process does: ` +
        'stop that process or set FANLIGHT_REDIS_PORT to a free port.',
    });
    server.close();
  });

  it('quotes the log of a part that does not start', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'fanlight-platform-test-'));
    await expect(
      startPlatform({
        ...{ dataDir: elsewhere, parts: ['redis', 's3'], ports: FREE_PORTS },
        heapMb: { s3: 0.5 },
      }),
    ).rejects.toMatchObject({
      code: 'part-start-failed',
      message: expect.stringMatching(
        /^S3 store ended \(exit status 1\) before it was ready; its log ends with: .*-Xmx0\.5m/,
      ),
    });
    await rm(elsewhere, { recursive: true, force: true });
  }, 60_000);
});
