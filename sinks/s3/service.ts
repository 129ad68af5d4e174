import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { boundedRequest } from '../../adapters/stores/bounded-request.js';
import {
  isConflict,
  probeConditionalWrites,
  type ConditionalWrites,
  type PutCondition,
} from '../../adapters/stores/conditional-writes.js';
import { asBucketFailure, asPutFailure, nameOf, openBucket, statusOf } from '../../adapters/stores/object-store.js';
import type { ResultVersion } from '../result-order.js';
import type { S3SinkConfig } from './config.js';
import { versionFrom, type ObjectPut } from './request.js';

/** An object of the bucket. */
export interface HeldObject {
  readonly etag: string;
  /** Undefined if another program wrote the object. */
  readonly version: ResultVersion | undefined;
}

/** Sends requests to the bucket. Throws only `FanlightError`s. */
export interface S3Service {
  open(): Promise<ConditionalWrites>;
  /** Returns undefined if there is no such object. */
  held(key: string, signal?: AbortSignal): Promise<HeldObject | undefined>;
  /** Returns false if the condition does not hold. Throws `sink-rejected` when the store refuses this object. */
  put(object: ObjectPut, condition: PutCondition, signal?: AbortSignal): Promise<boolean>;
}

const storedResult = z.object({ id: z.string().default(''), eventTime: z.number() });

export function createS3Service(config: S3SinkConfig, client: S3Client): S3Service {
  const { bucket, timeoutMs } = config;

  /** Reads the version from the object itself: without metadata, an earlier release or another program wrote it. */
  async function read(key: string, signal?: AbortSignal): Promise<HeldObject> {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    return boundedRequest(timeoutMs, signal, async (abortSignal) => {
      const { ETag = '', Body } = await client.send(command, { abortSignal });
      return { etag: ETag, version: parseVersion((await Body?.transformToString()) ?? '') };
    });
  }

  return {
    async open() {
      await openBucket(client, bucket, config.createBucket, timeoutMs);
      return probeConditionalWrites(client, config);
    },

    async held(key, signal) {
      const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
      try {
        const { ETag = '', Metadata = {} } = await boundedRequest(timeoutMs, signal, (abortSignal) =>
          client.send(command, { abortSignal }),
        );
        const version = versionFrom(Metadata);
        return version === undefined ? await read(key, signal) : { etag: ETag, version };
      } catch (thrown) {
        if (statusOf(thrown) === 404 && nameOf(thrown) !== 'NoSuchBucket') return undefined;
        throw asBucketFailure(thrown, bucket);
      }
    },

    async put({ key, body, contentType, metadata }, condition, signal) {
      const object = { Bucket: bucket, Key: key, Body: body, ContentType: contentType, Metadata: { ...metadata } };
      const command = new PutObjectCommand({ ...object, ...condition });
      try {
        await boundedRequest(timeoutMs, signal, (abortSignal) => client.send(command, { abortSignal }));
        return true;
      } catch (thrown) {
        if (isConflict(thrown, condition)) return false;
        throw asPutFailure(thrown, bucket, `object ${key}`);
      }
    },
  };
}

function parseVersion(json: string): ResultVersion | undefined {
  try {
    return storedResult.parse(JSON.parse(json));
  } catch {
    // Another program wrote something else under this key. A result replaces it, as it always did.
    return undefined;
  }
}
