import { Redis } from 'ioredis';
import pLimit from 'p-limit';
import type { Addresses } from '../../local/servers/platform.js';
import { localDefaults } from '../../local/addresses.js';
import { count, type Counts, type StoreEvidence } from './evidence.js';
import { rowIds } from './lake-rows.js';
import type { ObjectReader } from './objects.js';

/** Images of one schedule. */
interface Images {
  /** Start of all their ids. */
  readonly prefix: string;
  readonly imageIds: readonly string[];
  readonly listingIds: readonly string[];
}

const readsAtOnce = 16;

/** Reads what the stores hold about the images, past the proxies. */
export async function readStores(addresses: Addresses, objects: ObjectReader, images: Images): Promise<StoreEvidence> {
  const [held, documents, redis] = await Promise.all([
    readObjects(objects, images),
    readDocuments(addresses, images),
    readRedis(addresses, images),
  ]);
  return { objects: held, documents, ...redis };
}

async function readObjects(objects: ObjectReader, { prefix }: Images): Promise<StoreEvidence['objects']> {
  const bucket = localDefaults.FANLIGHT_SINK_S3_BUCKET;
  const limit = pLimit(readsAtOnce);
  const found = new Map<string, string[]>();
  const keys = await objects.keys(bucket, `tags/moderation-only/1/${prefix}-`);
  await Promise.all(
    keys.map((key) =>
      limit(async () => {
        const { id, imageId } = JSON.parse(String(await objects.read(bucket, key))) as Record<'id' | 'imageId', string>;
        found.set(imageId, [...(found.get(imageId) ?? []), id]);
      }),
    ),
  );
  return found;
}

async function readDocuments({ solrUrl }: Addresses, { prefix }: Images): Promise<Counts> {
  // Searches see an update some seconds after it, unless the index is committed.
  await json(`${solrUrl}/update?commit=true`);
  const query = new URLSearchParams({ q: `{!prefix f=id}${prefix}-`, rows: '100000', fl: 'id', wt: 'json' });
  const { response } = (await json(`${solrUrl}/select?${query}`)) as {
    readonly response: { readonly docs: readonly { readonly id: string }[] };
  };
  const found = new Map<string, number>();
  for (const { id } of response.docs) count(found, id);
  return found;
}

async function json(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

async function readRedis(
  { sinkRedisUrl }: Addresses,
  { imageIds, listingIds }: Images,
): Promise<Pick<StoreEvidence, 'hashes' | 'listings'>> {
  const redis = new Redis(sinkRedisUrl);
  try {
    const hashes = new Map<string, string>();
    const listings = new Map<string, readonly string[]>();
    for (const imageId of imageIds) {
      const result = await redis.hget(`fl:photo:${imageId}`, 'result:moderation-only');
      if (result !== null) hashes.set(imageId, (JSON.parse(result) as { readonly id: string }).id);
    }
    for (const listingId of listingIds) listings.set(listingId, await redis.smembers(`fl:listing:${listingId}`));
    return { hashes, listings };
  } finally {
    redis.disconnect();
  }
}

/** Reads all files of the lake. A file that cannot be read counts as empty, and is named. */
export async function readLake(
  objects: ObjectReader,
): Promise<{ readonly rows: Counts; readonly unreadable: readonly string[] }> {
  const bucket = localDefaults.FANLIGHT_SINK_LAKE_BUCKET;
  const rows = new Map<string, number>();
  const unreadable: string[] = [];
  for (const key of await objects.keys(bucket, 'lake/')) {
    if (!key.endsWith('.avro')) continue;
    try {
      for (const id of await rowIds(await objects.read(bucket, key))) count(rows, id);
    } catch (error) {
      unreadable.push(`${key}: ${(error as Error).message}`);
    }
  }
  return { rows, unreadable };
}
