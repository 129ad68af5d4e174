import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { boundedRequest } from '../../adapters/stores/bounded-request.js';
import { asPutFailure, openBucket } from '../../adapters/stores/object-store.js';
import type { S3SinkConfig } from './config.js';
import type { ObjectPut } from './request.js';

/** Sends requests to the bucket. Throws only `FanlightError`s. */
export interface S3Service {
  open(): Promise<void>;
  /** Throws `sink-rejected` when the store refuses this object. */
  put(object: ObjectPut, signal?: AbortSignal): Promise<void>;
}

export function createS3Service(config: S3SinkConfig, client: S3Client): S3Service {
  return {
    open: () => openBucket(client, config.bucket, config.createBucket, config.timeoutMs),
    async put(object, signal) {
      const command = new PutObjectCommand({
        Bucket: config.bucket,
        Key: object.key,
        Body: object.body,
        ContentType: object.contentType,
      });
      try {
        await boundedRequest(config.timeoutMs, signal, (abortSignal) => client.send(command, { abortSignal }));
      } catch (thrown) {
        throw asPutFailure(thrown, config.bucket, `object ${object.key}`);
      }
    },
  };
}
