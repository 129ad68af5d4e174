import type { S3Client } from '@aws-sdk/client-s3';
import type { ConditionalWrites } from '../../adapters/stores/conditional-writes.js';
import type { ImageTags } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { forEachBounded } from '../bounded-concurrency.js';
import { compareVersions, versionOf } from '../result-order.js';
import { refuseUnusable, type IndexedRecord } from '../unusable-records.js';
import type { Rejection, Sink, TagRecord } from '../sink.js';
import type { S3SinkConfig } from './config.js';
import { putUnlessOlder } from './fenced-put.js';
import { objectKey, objectPut } from './request.js';
import { createS3Service } from './service.js';

export interface S3SinkDependencies {
  /** `close` destroys it. */
  readonly client: S3Client;
}

/** Writes one JSON object for each image and pipeline. It never overwrites a newer result. */
export function createS3Sink(config: S3SinkConfig, { client }: S3SinkDependencies): Sink<ImageTags> {
  const service = createS3Service(config, client);
  let store: ConditionalWrites = { create: true, replace: true };
  /** Whether the last photo had a result. A re-tagging meets one photo after the other that has. */
  let expected = false;

  /** Puts of one batch can overtake each other, so the sink puts only the newest record of each key. */
  function newestOfKey(entries: readonly IndexedRecord[]): Iterable<IndexedRecord> {
    const newest = new Map<string, IndexedRecord>();
    for (const entry of entries) {
      const key = objectKey(config.prefix, entry.record.value);
      const other = newest.get(key);
      if (other && compareVersions(versionOf(other.record), versionOf(entry.record)) > 0) continue;
      newest.set(key, entry);
    }
    return newest.values();
  }

  async function writeToS3(batch: readonly TagRecord[], signal?: AbortSignal): Promise<readonly Rejection[]> {
    const { writable, rejections } = refuseUnusable('sink s3', batch);
    const refused = [...rejections];
    await forEachBounded([...newestOfKey(writable)], config.concurrency, async ({ index, record }) => {
      try {
        const object = objectPut(config.prefix, record);
        expected = await putUnlessOlder(service, { object, version: versionOf(record), store, expected }, signal);
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
    async open(warn) {
      store = await service.open();
      if (store.create && store.replace) return;
      warn?.(
        `Bucket ${config.bucket} ignores conditional puts. If two workers write the result of one photo at the same ` +
          'moment, the older result can stay; see docs/sinks.md.',
      );
    },
    write: writeToS3,
    async close() {
      client.destroy();
    },
  };
}
