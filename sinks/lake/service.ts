import { ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { boundedRequest } from '../../adapters/stores/bounded-request.js';
import { asBucketFailure, asPutFailure, openBucket } from '../../adapters/stores/object-store.js';
import type { LakeSinkConfig } from './config.js';
import { type FilePlan, fileKey, firstOffsetOf, partitionPrefix } from './request.js';
import { system } from '../../primitives/system.js';

/** Sends requests to the bucket. Throws only `FanlightError`s. */
export interface LakeService {
  open(): Promise<void>;
  /** Returns the first offsets of existing files that begin inside the plan, after its first record. */
  boundaries(plan: FilePlan): Promise<readonly bigint[]>;
  put(key: string, body: Buffer, signal?: AbortSignal): Promise<void>;
}

export function createLakeService(config: LakeSinkConfig, client: S3Client): LakeService {
  const bounded = () => ({ abortSignal: system.timeout(config.timeoutMs) });

  async function listAfter(prefix: string, key: string): Promise<{ keys: readonly string[]; more: boolean }> {
    const command = new ListObjectsV2Command({ Bucket: config.bucket, Prefix: prefix, StartAfter: key });
    try {
      const page = await client.send(command, bounded());
      const keys = (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
      return { keys, more: page.IsTruncated === true };
    } catch (thrown) {
      throw asBucketFailure(thrown, config.bucket);
    }
  }

  return {
    open: () => openBucket(client, config.bucket, config.createBucket, config.timeoutMs),
    async boundaries(plan) {
      const prefix = partitionPrefix(config.prefix, plan);
      const found: bigint[] = [];
      let after = fileKey(config.prefix, plan.topic, plan.partition, plan.firstOffset);
      for (;;) {
        const { keys, more } = await listAfter(prefix, after);
        for (const key of keys) {
          const offset = firstOffsetOf(key);
          // S3 lists keys in order, so all further files begin after the plan.
          if (offset !== undefined && offset > plan.lastOffset) return found;
          if (offset !== undefined) found.push(offset);
          after = key;
        }
        if (!more || keys.length === 0) return found;
      }
    },
    async put(key, body, signal) {
      const command = new PutObjectCommand({
        Bucket: config.bucket,
        Key: key,
        Body: body,
        ContentType: 'application/vnd.apache.avro',
      });
      try {
        await boundedRequest(config.timeoutMs, signal, (abortSignal) => client.send(command, { abortSignal }));
      } catch (thrown) {
        throw asPutFailure(thrown, config.bucket, `file ${key}`);
      }
    },
  };
}
