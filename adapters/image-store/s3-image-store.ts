import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import { systemClock, type Clock } from '../../primitives/clock.js';
import type { ImageStore } from '../../processors/ports.js';
import { FanlightError } from '../../schemas/failure.js';
import { imageKey, imageUrl, keyOfUrl, storedImageTooLarge } from './image-url.js';
import { RecentKeys } from './recent-keys.js';

export interface S3ImageStoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Size of the largest object that `get` returns (bytes). A part of a message may be larger than an image file. */
  readonly maxBytes?: number;
  readonly clock?: Clock;
}

export interface S3ImageStore extends ImageStore {
  /** Creates the bucket if it does not exist. */
  ensureBucket(): Promise<void>;
}

/** These keys take about 10 MB. */
const rememberedKeys = 65_536;
const rememberForMs = 60 * 60 * 1000;

/**
 * Stores objects `sha256/<first two hex digits>/<hex>` in one bucket. A put is one conditional request. If the store
 * honours `If-None-Match`, an existing object stays. Otherwise the put overwrites it with the same bytes. A HEAD
 * request first would nearly double the CPU time for a new image, and most images are new.
 */
export function createS3ImageStore(options: S3ImageStoreOptions): S3ImageStore {
  const { client, bucket, maxBytes = 64 * 1024 * 1024, clock = systemClock } = options;
  const stored = new RecentKeys({ capacity: rememberedKeys, rememberForMs, clock });
  const beingStored = new Map<string, Promise<void>>();

  async function read(key: string, limitBytes: number): Promise<Uint8Array | null> {
    try {
      const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (Body === undefined) return null;
      if (ContentLength > limitBytes) {
        // Reading on would keep the connection busy with bytes that are not used.
        if ('destroy' in Body && typeof Body.destroy === 'function') Body.destroy();
        throw storedImageTooLarge(`s3://${bucket}/${key}`, limitBytes);
      }
      return await Body.transformToByteArray();
    } catch (error) {
      if (isMissing(error)) return null;
      throw asStoreFailure(error, bucket);
    }
  }

  async function store(sha256: string, bytes: Uint8Array): Promise<void> {
    try {
      const Key = imageKey(sha256);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: bytes, IfNoneMatch: '*' }));
    } catch (error) {
      if (!isThereAlready(error)) throw asStoreFailure(error, bucket);
    } finally {
      beingStored.delete(sha256);
    }
    stored.add(sha256);
  }

  return {
    get: (sha256) => read(imageKey(sha256), maxBytes),
    async put(sha256, bytes) {
      if (stored.has(sha256)) return;
      const running = beingStored.get(sha256) ?? store(sha256, bytes);
      beingStored.set(sha256, running);
      await running;
    },
    urlOf: (sha256) => imageUrl(bucket, sha256),
    getByUrl: async (url, limitBytes) => read(keyOfUrl(url, bucket), limitBytes),
    async ensureBucket() {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket }));
      } catch (error) {
        if (!isMissing(error)) throw asStoreFailure(error, bucket);
        await createBucket(client, bucket);
      }
    },
  };
}

async function createBucket(client: S3Client, bucket: string): Promise<void> {
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    // Another worker that started at the same time has created it.
    if (error instanceof S3ServiceException && error.name === 'BucketAlreadyOwnedByYou') return;
    throw asStoreFailure(error, bucket);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404 && error.name !== 'NoSuchBucket';
}

/** 412: the object exists. 409: another writer of the same key, hence of the same bytes, is writing it. */
function isThereAlready(error: unknown): boolean {
  if (!(error instanceof S3ServiceException)) return false;
  return error.$metadata.httpStatusCode === 412 || error.name === 'ConditionalRequestConflict';
}

/** Refusals (403, no such bucket) are transient too, because the deployment is at fault and not the record. */
function asStoreFailure(error: unknown, bucket: string): unknown {
  if (error instanceof FanlightError) return error;
  const name = error instanceof Error ? error.name : 'unknown fault';
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  return new FanlightError({
    code: 'store-unavailable',
    message: `The image store (bucket "${bucket}") fails: ${name}${status === undefined ? '' : `, status ${status}`}.`,
    remedy: 'Check the address, the credentials and the bucket of the image store; Fanlight tries again.',
    cause: error,
  });
}
