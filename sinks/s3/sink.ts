import type { S3Client } from '@aws-sdk/client-s3';
import type { ImageTags } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { forEachBounded } from '../bounded-concurrency.js';
import { refuseUnusable } from '../unusable-records.js';
import type { Rejection, Sink, TagRecord } from '../sink.js';
import type { S3SinkConfig } from './config.js';
import { objectKey, objectPut } from './request.js';
import { createS3Service } from './service.js';

export interface S3SinkDependencies {
  /** `close` destroys it. */
  readonly client: S3Client;
}

/** Writes one JSON object for each image and pipeline. The last write wins. */
export function createS3Sink(config: S3SinkConfig, { client }: S3SinkDependencies): Sink<ImageTags> {
  const service = createS3Service(config, client);

  async function writeToS3(batch: readonly TagRecord[], signal?: AbortSignal): Promise<readonly Rejection[]> {
    const { writable, rejections } = refuseUnusable('sink s3', batch);
    const refused = [...rejections];
    // Puts of one batch can overtake each other, so the sink puts only the last record of each key.
    const lastOfKey = new Map(writable.map((entry) => [objectKey(config.prefix, entry.record.value), entry]));
    await forEachBounded([...lastOfKey.values()], config.concurrency, async ({ index, record }) => {
      try {
        await service.put(objectPut(config.prefix, record), signal);
      } catch (thrown) {
        if (!(thrown instanceof FanlightError) || thrown.kind !== 'permanent') throw thrown;
        refused.push({ index, error: thrown });
      }
    });
    return refused;
  }

  return {
    name: 's3',
    batch: { maxRecords: 200, maxDelayMs: 500 },
    open: service.open,
    write: writeToS3,
    async close() {
      client.destroy();
    },
  };
}
