import type { S3Client } from '@aws-sdk/client-s3';
import type { ImageTags } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { loadSchema } from '../../schemas/load.js';
import { forEachBounded } from '../bounded.js';
import { misconfigured, reason, rejected } from '../../adapters/stores/failures.js';
import type { Rejection, Sink, TagRecord } from '../sink.js';
import { avroContainer, avroEncoder } from './avro-container.js';
import type { LakeSinkConfig } from './config.js';
import { cutAtBoundaries, type FilePlan, fileKey, planFiles } from './request.js';
import { createLakeService } from './service.js';

export interface LakeSinkDependencies {
  /** Belongs to the caller until `close`, which destroys it. */
  readonly client: S3Client;
}

/**
 * Avro files of many results each; every result is kept, a re-tagged photo's too.
 *
 * A file is named by its first offset alone. A worker that crashed before its commit reads again from the same first
 * offset, but may gather more or fewer records: with the end in the name, the second file would stand beside the first.
 * With the first offset only, it replaces the first, and the next file begins where the commit that followed ended.
 * Where files were written ahead of a commit that never came, their beginnings stay boundaries: a longer batch is cut
 * there, so that each is overwritten. Nothing is ever deleted, and no permission to delete is needed.
 */
export function createLakeSink(config: LakeSinkConfig, { client }: LakeSinkDependencies): Sink<ImageTags> {
  const service = createLakeService(config, client);
  const encoder = avroEncoder(loadSchema('image-tags'));

  /** The file's records as Avro; those that do not fit the schema go to `refused`. */
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

  async function writeFile(plan: FilePlan, refused: Rejection[]): Promise<void> {
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
      await service.put(key, body);
    } catch (thrown) {
      // No record is to blame for a file that the store refuses: dropping thousands of them would not help.
      if (!(thrown instanceof FanlightError) || thrown.kind !== 'permanent') throw thrown;
      throw misconfigured(
        'sink lake',
        `the store refuses the file ${key}`,
        'Lower maxRecords or change the prefix.',
        thrown,
      );
    }
  }

  async function writeToLake(batch: readonly TagRecord[]): Promise<readonly Rejection[]> {
    const refused: Rejection[] = [];
    await forEachBounded(planFiles(batch), config.concurrency, async (plan) => {
      for (const piece of cutAtBoundaries(plan, await service.boundaries(plan))) await writeFile(piece, refused);
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
