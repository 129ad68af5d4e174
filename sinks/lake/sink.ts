import type { S3Client } from '@aws-sdk/client-s3';
import type { ImageTags } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { loadSchema } from '../../schemas/schema-files.js';
import { forEachBounded } from '../bounded-concurrency.js';
import { misconfigured, reason, rejected } from '../../adapters/stores/failures.js';
import type { Rejection, Sink, TagRecord } from '../sink.js';
import { avroContainer, avroEncoder } from './avro-container.js';
import type { LakeSinkConfig } from './config.js';
import { cutAtBoundaries, type FilePlan, fileKey, planFiles } from './request.js';
import { createLakeService } from './service.js';

export interface LakeSinkDependencies {
  /** `close` destroys it. */
  readonly client: S3Client;
}

/**
 * Writes Avro files of many results each. The lake keeps every result, including all results of a re-tagged photo.
 *
 * The name of a file holds its first offset and not its last. A worker that crashed before its commit reads again from
 * the same first offset, but may gather more or fewer records. The second file then replaces the first, and the next
 * file begins where the later commit ended. With the last offset in the name, both files would stay.
 *
 * A worker may also have written several files before a commit that failed. The first offsets of these files are
 * boundaries: the sink cuts a longer batch there, so each file is overwritten. The sink deletes nothing, and needs no
 * permission to delete.
 */
export function createLakeSink(config: LakeSinkConfig, { client }: LakeSinkDependencies): Sink<ImageTags> {
  const service = createLakeService(config, client);
  const encoder = avroEncoder(loadSchema('image-tags'));

  /** Returns the records as Avro. Records that do not fit the schema go to `refused`. */
  function encodeRecords(plan: FilePlan, refused: Rejection[]): readonly Buffer[] {
    return plan.records.flatMap(({ index, record }) => {
      try {
        return [encoder.encode(record.value)];
      } catch (thrown) {
        const error = rejected(
          'sink lake',
          `result ${record.id}`,
          `it does not fit the schema, ${reason(thrown)}`,
          thrown,
        );
        refused.push({ index, error });
        return [];
      }
    });
  }

  async function writeFile(plan: FilePlan, refused: Rejection[], signal?: AbortSignal): Promise<void> {
    const encoded = encodeRecords(plan, refused);
    if (encoded.length === 0) return;
    const key = fileKey(config.prefix, plan.topic, plan.partition, plan.firstOffset);
    const body = await avroContainer(encoder.schema, encoded, key, {
      'fanlight.topic': plan.topic,
      'fanlight.partition': String(plan.partition),
      'fanlight.offset.first': String(plan.firstOffset),
      'fanlight.offset.last': String(plan.lastOffset),
    });
    try {
      await service.put(key, body, signal);
    } catch (thrown) {
      // No single record is the cause when the store refuses a file. Dropping thousands of records would not help.
      if (!(thrown instanceof FanlightError) || thrown.kind !== 'permanent') throw thrown;
      throw misconfigured(
        'sink lake',
        `the store refuses the file ${key}`,
        'Lower maxRecords or change the prefix.',
        thrown,
      );
    }
  }

  async function writeToLake(batch: readonly TagRecord[], signal?: AbortSignal): Promise<readonly Rejection[]> {
    const refused: Rejection[] = [];
    await forEachBounded(planFiles(batch), config.concurrency, async (plan) => {
      for (const piece of cutAtBoundaries(plan, await service.boundaries(plan)))
        await writeFile(piece, refused, signal);
    });
    return refused;
  }

  return {
    name: 'lake',
    batch: { maxRecords: config.maxRecords, maxDelayMs: config.maxDelayMs },
    open: service.open,
    write: writeToLake,
    async close() {
      client.destroy();
    },
  };
}
