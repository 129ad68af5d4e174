import { HeadObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { Redis } from 'ioredis';
import { createS3Client } from '../../adapters/s3-client.js';
import type { PhotoTags } from '../tag/tag-transport.js';
import { objectKey } from '../../sinks/s3/request.js';
import { s3SinkConfigFrom } from '../../sinks/s3/config.js';
import { redisSinkConfigFrom } from '../../sinks/redis/config.js';
import { solrSinkConfigFrom } from '../../sinks/solr/config.js';
import type { Environment } from '../../primitives/environment.js';
import { readConfig } from '../../processes/config.js';

/** Number of results in each store. */
export interface StoreCounts {
  readonly s3: number;
  readonly solr: number;
  readonly redis: number;
}

/** Looks up every result in the three stores, as a reader of the store would. */
export async function countInStores(results: readonly PhotoTags[], environment: Environment): Promise<StoreCounts> {
  const [s3, solr, redis] = await Promise.all([
    countInS3(results, environment),
    countInSolr(results, environment),
    countInRedis(results, environment),
  ]);
  return { s3, solr, redis };
}

async function countInS3(results: readonly PhotoTags[], environment: Environment): Promise<number> {
  const config = readConfig(environment);
  const sink = s3SinkConfigFrom(environment);
  const client = createS3Client({
    ...(config.FANLIGHT_S3_ENDPOINT === undefined ? {} : { endpoint: config.FANLIGHT_S3_ENDPOINT }),
    region: config.FANLIGHT_S3_REGION,
    accessKeyId: config.FANLIGHT_S3_ACCESS_KEY_ID,
    secretAccessKey: config.FANLIGHT_S3_SECRET_ACCESS_KEY,
  });
  const keys = results.map((tags) => objectKey(sink.prefix, tags));
  const present = await Promise.all(keys.map((key) => exists(client, sink.bucket, key)));
  client.destroy();
  return present.filter(Boolean).length;
}

async function exists(client: S3Client, bucket: string, key: string): Promise<boolean> {
  try {
    await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404) return false;
    throw error;
  }
}

async function countInSolr(results: readonly PhotoTags[], environment: Environment): Promise<number> {
  const { url } = solrSinkConfigFrom(environment);
  // The terms parser takes ids literally, with any characters. The separator must not occur in an id.
  const separator = '|~|';
  const ids = results.map(({ imageId }) => imageId).join(separator);
  const body = new URLSearchParams({ q: `{!terms f=id separator="${separator}"}${ids}`, rows: '0' });
  const response = await fetch(`${url}/select`, { method: 'POST', body });
  const answer = (await response.json()) as { response?: { numFound: number } };
  return answer.response?.numFound ?? 0;
}

async function countInRedis(results: readonly PhotoTags[], environment: Environment): Promise<number> {
  const { url, prefix } = redisSinkConfigFrom(environment);
  const client = new Redis(url, { maxRetriesPerRequest: 1 });
  const found = await Promise.all(results.map(({ imageId }) => client.exists(`${prefix}photo:${imageId}`)));
  client.disconnect();
  return found.reduce((sum, present) => sum + present, 0);
}
