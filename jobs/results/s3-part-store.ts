import { GetObjectCommand, PutObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import type { PartStore } from './part-store.js';
import { FanlightError } from '../../schemas/failure.js';
import type { JobResult } from '../../schemas/jobs.js';

/** Keeps parts as NDJSON objects in one bucket. */
export function createS3PartStore({
  client,
  bucket,
}: {
  readonly client: S3Client;
  readonly bucket: string;
}): PartStore {
  return {
    async write(key, results) {
      const Body = Buffer.from(results.map((result) => `${JSON.stringify(result)}\n`).join(''));
      try {
        await client.send(
          new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: 'application/x-ndjson' }),
        );
      } catch (error) {
        throw unavailable(bucket, error);
      }
    },
    async read(key) {
      const text = await readText(key);
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as JobResult);
    },
  };

  async function readText(key: string): Promise<string> {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await Body?.transformToString('utf-8')) ?? '';
    } catch (error) {
      if (error instanceof S3ServiceException && error.name === 'NoSuchKey') throw missing(bucket, key, error);
      throw unavailable(bucket, error);
    }
  }
}

function missing(bucket: string, key: string, cause: unknown): FanlightError {
  return new FanlightError({
    code: 'claim-missing',
    message: `The results ${key} are no longer in the bucket ${bucket}.`,
    remedy: 'Keep objects under jobs/ at least as long as the topic job-progress.',
    cause,
  });
}

/** Refusals (403, missing bucket) are transient too, because they are faults of the deployment and not of the part. */
function unavailable(bucket: string, cause: unknown): FanlightError {
  return new FanlightError({
    code: 'store-unavailable',
    message: `The store of job results (bucket ${bucket}) cannot be reached: ${cause instanceof Error ? cause.name : String(cause)}.`,
    remedy: 'Check the address, the credentials and the bucket of the image store; Fanlight retries.',
    cause,
  });
}
