import { ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Callback, Delivery } from '../callback.js';
import type { CallbackConfig } from '../config.js';
import { asAwsFailure } from '../failures.js';
import { folderOf, manifestOf, partBody, partKey, type StoredPart } from './objects.js';
import { system } from '../../../primitives/system.js';

/**
 * Writes the results of a job as NDJSON objects to a folder of its own, and `manifest.json` once the job has ended. A
 * repeated delivery replaces its object.
 */
export function createS3Callback(client: S3Client, { timeoutMs }: Pick<CallbackConfig, 'timeoutMs'>): Callback {
  return {
    async deliver({ place }, delivery, signal) {
      const [bucket = '', ...segments] = place.split('/');
      const folder = folderOf(segments.join('/'), delivery.job);
      try {
        await write(bucket, folder, delivery, () => ({
          abortSignal: AbortSignal.any([signal, system.timeout(timeoutMs)]),
        }));
      } catch (thrown) {
        signal.throwIfAborted();
        throw asAwsFailure(thrown, `The bucket ${bucket}`);
      }
    },
    async close() {
      client.destroy();
    },
  };

  async function write(
    bucket: string,
    folder: string,
    delivery: Delivery,
    limits: () => { abortSignal: AbortSignal },
  ): Promise<void> {
    const object =
      delivery.kind === 'results'
        ? { Key: partKey(folder, delivery), Body: partBody(delivery), ContentType: 'application/x-ndjson' }
        : {
            Key: `${folder}manifest.json`,
            Body: manifestOf(delivery, await list(bucket, folder, limits)),
            ContentType: 'application/json',
          };
    await client.send(new PutObjectCommand({ Bucket: bucket, ...object }), limits());
  }

  async function list(
    bucket: string,
    folder: string,
    limits: () => { abortSignal: AbortSignal },
  ): Promise<StoredPart[]> {
    const parts: StoredPart[] = [];
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: `${folder}part-`, ContinuationToken: token }),
        limits(),
      );
      parts.push(
        ...(page.Contents ?? []).flatMap(({ Key, Size }) =>
          Key === undefined ? [] : [{ key: Key, bytes: Size ?? 0 }],
        ),
      );
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return parts;
  }
}
