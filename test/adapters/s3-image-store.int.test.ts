import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, expect, it } from 'vitest';
import { createS3ImageStore } from '../../adapters/image-store/s3-image-store.js';
import { createS3Client } from '../../adapters/s3-client.js';
import { failureOf } from '../processors/support.js';
import { imageStoreSuite } from './image-store-suite.js';

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this test with the platform (project "int").`);
  return value;
}

const access = {
  endpoint: required('FANLIGHT_TEST_S3_ENDPOINT'),
  region: required('FANLIGHT_TEST_S3_REGION'),
  accessKeyId: required('FANLIGHT_TEST_S3_ACCESS_KEY_ID'),
  secretAccessKey: required('FANLIGHT_TEST_S3_SECRET_ACCESS_KEY'),
};
const client = createS3Client(access);
afterAll(() => client.destroy());

async function open(bucket = 'photos') {
  const store = createS3ImageStore({ client, bucket });
  await store.ensureBucket();
  return store;
}

imageStoreSuite('the S3 image store on a real server', () => open());

it('creates the bucket once when several callers ask at the same time', async () => {
  await Promise.all([open('made-once'), open('made-once')]);
  await open('made-once');
  const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket: 'made-once' }));
  expect(KeyCount).toBe(0);
});

it('stores an image once and whole when two processes put it at the same time', async () => {
  const stores = await Promise.all([open('shared'), open('shared')]);
  const bytes = Buffer.alloc(300_000, 'photo');
  const sha256 = 'ef'.repeat(32);
  await Promise.all(stores.map((store) => store.put(sha256, bytes)));
  const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket: 'shared' }));
  const stored = await client.send(new GetObjectCommand({ Bucket: 'shared', Key: `sha256/ef/${sha256}` }));
  expect([KeyCount, stored.ContentLength]).toEqual([1, 300_000]);
});

it('reports a wrong secret as store-unavailable, because the image is not at fault', async () => {
  const intruder = createS3Client({ ...access, secretAccessKey: 'wrong' });
  const failure = await failureOf(createS3ImageStore({ client: intruder, bucket: 'photos' }).get('ab'.repeat(32)));
  expect([failure.code, failure.message]).toEqual(['store-unavailable', expect.stringContaining('403')]);
  intruder.destroy();
});
