import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { objectStoreVariables } from '../../adapters/stores/object-store.js';
import { sinkCatalogue } from '../../sinks/catalogue.js';
import { tagRecord } from './records.js';
import { s3Address, testBucket } from './s3-fixture.js';
import { storeAddress } from './store-address.js';

const photos = 16;
const address = s3Address();
const solrUrl = storeAddress('FANLIGHT_TEST_SOLR_URL');
const redisUrl = storeAddress('FANLIGHT_TEST_SINK_REDIS_URL');
const page = await readFile(new URL('../../docs/sinks.md', import.meta.url), 'utf8');

/** Returns the contents of the fenced blocks of one language. */
function blocks(language: string): readonly string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] ?? '');
}

/** Runs the examples of docs/sinks.md unchanged. */
describe.skipIf(!address || !solrUrl || !redisUrl)('docs/sinks.md', () => {
  const environment = {
    FANLIGHT_S3_REGION: 'us-east-1',
    FANLIGHT_S3_ENDPOINT: address?.endpoint,
    FANLIGHT_S3_ACCESS_KEY_ID: address?.accessKeyId,
    FANLIGHT_S3_SECRET_ACCESS_KEY: address?.secretAccessKey,
    FANLIGHT_SINK_S3_BUCKET: testBucket,
    FANLIGHT_SINK_S3_CREATE_BUCKET: 'true',
    FANLIGHT_SINK_LAKE_BUCKET: testBucket,
    FANLIGHT_SINK_SOLR_COMMIT_WITHIN_MS: '100',
    FANLIGHT_SOLR_URL: solrUrl,
    FANLIGHT_SINK_REDIS_URL: redisUrl,
  };

  beforeAll(async () => {
    for (const entry of sinkCatalogue) {
      const sink = await entry.create(environment);
      await sink.open();
      await sink.write(Array.from({ length: photos }, (_, n) => tagRecord(n)));
      await sink.close();
    }
  });

  /** The examples use plain names. Other tests of the same servers must not find their data. */
  afterAll(async () => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ delete: Array.from({ length: photos }, (_, n) => tagRecord(n).value.imageId) });
    await request(`${solrUrl}/update`, { method: 'POST', headers, body });
    const client = new Redis(redisUrl ?? '', { lazyConnect: true });
    await client.connect();
    await client.unlink(...(await client.keys('fl:*')));
    client.disconnect();
  });

  test.each(blocks('sh'))('finds results by %s', async (script) => {
    await expect
      .poll(() => runScript(script), { timeout: 10_000, interval: 200 })
      .toMatch(/image-\d|"stove",\d|listing-photo|image-tags\.bulk\+0\+0{20}\.avro/);
  });

  async function runScript(script: string): Promise<string> {
    const env = { ...process.env, ...environment };
    return (await promisify(execFile)('bash', ['-euc', script], { env })).stdout;
  }

  test.each(blocks('redis').flatMap((block) => block.trim().split('\n')))('finds results by %s', async (line) => {
    const client = new Redis(redisUrl ?? '', { lazyConnect: true });
    await client.connect();
    const [command = '', ...args] = line.split(' ');
    expect(JSON.stringify(await client.call(command, args))).toMatch(/image-\d|listing-photo|^[1-9]/);
    client.disconnect();
  });

  async function variablesOf(sink: string): Promise<readonly string[]> {
    const config = (await import(`../../sinks/${sink}/config.ts`)) as Readonly<Record<string, Record<string, string>>>;
    return Object.values(config[`${sink}SinkVariables`] ?? {});
  }

  test('names every variable and every sink', async () => {
    const variables = await Promise.all(sinkCatalogue.map(({ name }) => variablesOf(name)));
    for (const names of [...variables, Object.values(objectStoreVariables)]) {
      expect(names.length).toBeGreaterThan(3);
      expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
    }
    expect(sinkCatalogue.filter(({ name }) => !page.includes(`\n## ${name}\n`))).toEqual([]);
  });
});
