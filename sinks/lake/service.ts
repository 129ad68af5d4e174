import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { boundedRequest } from '../../adapters/stores/bounded-request.js';
import {
  isConflict,
  probeConditionalWrites,
  unlessPresent,
  type ConditionalWrites,
} from '../../adapters/stores/conditional-writes.js';
import { misconfigured } from '../../adapters/stores/failures.js';
import { asBucketFailure, asPutFailure, nameOf, openBucket, statusOf } from '../../adapters/stores/object-store.js';
import { containerMetadata } from './avro-container.js';
import type { LakeSinkConfig } from './config.js';
import { fileFrom, type LakeFile } from './lake-file.js';
import { fileKey, firstOffsetOf, partitionPrefix, type LakePartition } from './request.js';

/** A file as a listing names it. */
export interface ListedFile {
  readonly key: string;
  readonly first: bigint;
}

/** Sends requests to the bucket. Throws only `FanlightError`s. No request begins after the signal has aborted. */
export interface LakeService {
  open(): Promise<ConditionalWrites>;
  /** Returns the files whose first offset is in the range, in ascending order. */
  list(place: LakePartition, range: { from: bigint; to: bigint }, signal?: AbortSignal): Promise<readonly ListedFile[]>;
  /** Returns undefined if the file is gone. Throws `invalid-configuration` if it is not a file of the lake. */
  inspect(file: ListedFile, signal?: AbortSignal): Promise<LakeFile | undefined>;
  /** Puts a file. With `create`, returns false if there is one already. */
  put(file: { key: string; body: Buffer; create: boolean }, signal?: AbortSignal): Promise<boolean>;
}

/** Bytes of a file that are read for its header: usually enough, then more. */
const headerBytes = [16_384, 1_048_576, 67_108_864] as const;

export function createLakeService(config: LakeSinkConfig, client: S3Client): LakeService {
  const { bucket, timeoutMs } = config;

  async function listAfter(prefix: string, after: string | undefined, signal?: AbortSignal) {
    const start = after === undefined ? {} : { StartAfter: after };
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...start });
    try {
      const page = await boundedRequest(timeoutMs, signal, (abortSignal) => client.send(command, { abortSignal }));
      const keys = (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
      return { keys, more: page.IsTruncated === true };
    } catch (thrown) {
      throw asBucketFailure(thrown, bucket);
    }
  }

  /** Returns undefined if the object is gone. */
  async function readStart(key: string, bytes: number, signal?: AbortSignal): Promise<Buffer | undefined> {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=0-${bytes - 1}` });
    try {
      return await boundedRequest(timeoutMs, signal, async (abortSignal) => {
        const { Body } = await client.send(command, { abortSignal });
        return Buffer.from((await Body?.transformToByteArray()) ?? []);
      });
    } catch (thrown) {
      if (statusOf(thrown) === 416) return Buffer.alloc(0); // the object is empty
      if (nameOf(thrown) === 'NoSuchKey') return undefined;
      throw asBucketFailure(thrown, bucket);
    }
  }

  return {
    async open() {
      await openBucket(client, bucket, config.createBucket, timeoutMs);
      return probeConditionalWrites(client, config);
    },

    async list(place, { from, to }, signal) {
      const prefix = partitionPrefix(config.prefix, place);
      const found: ListedFile[] = [];
      let after = from > 0n ? fileKey(config.prefix, place, from - 1n) : undefined;
      for (;;) {
        const { keys, more } = await listAfter(prefix, after, signal);
        for (const key of keys) {
          const first = firstOffsetOf(key);
          // S3 lists keys in order, so all further files begin after the range.
          if (first !== undefined && first > to) return found;
          if (first !== undefined) found.push({ key, first });
          after = key;
        }
        if (!more || keys.length === 0) return found;
      }
    },

    async inspect({ key }, signal) {
      for (const limit of headerBytes) {
        const start = await readStart(key, limit, signal);
        if (start === undefined) return undefined;
        const metadata = containerMetadata(start);
        if (metadata === 'truncated' && start.length === limit) continue;
        const file = typeof metadata === 'object' ? fileFrom(metadata) : undefined;
        if (file !== undefined) return file;
        break;
      }
      throw misconfigured(
        `bucket ${bucket}`,
        `${key} is not a file of the lake, so that the offsets that it holds are unknown`,
        'Move the file out of the prefix of the lake.',
      );
    },

    async put({ key, body, create }, signal) {
      const condition = create ? unlessPresent : {};
      const object = { Bucket: bucket, Key: key, Body: body, ContentType: 'application/vnd.apache.avro' };
      const command = new PutObjectCommand({ ...object, ...condition });
      try {
        await boundedRequest(timeoutMs, signal, (abortSignal) => client.send(command, { abortSignal }));
        return true;
      } catch (thrown) {
        if (isConflict(thrown, condition)) return false;
        throw asPutFailure(thrown, bucket, `file ${key}`);
      }
    },
  };
}
