import type { S3Client } from '@aws-sdk/client-s3';
import type { ConditionalWrites } from '../../adapters/stores/conditional-writes.js';
import type { ImageTags } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { loadSchema } from '../../schemas/schema-files.js';
import { forEachBounded } from '../bounded-concurrency.js';
import { misconfigured, reason, rejected } from '../../adapters/stores/failures.js';
import type { Rejection, Sink, TagRecord } from '../sink.js';
import { avroContainer, avroEncoder } from './avro-container.js';
import type { LakeSinkConfig } from './config.js';
import { headerOf, type EncodedRecord, type LakeFile } from './lake-file.js';
import { createPartitionWriter } from './partition-writer.js';
import { fileKey, planPartitions, type PartitionPlan } from './request.js';
import { createLakeService } from './service.js';

export interface LakeSinkDependencies {
  /** `close` destroys it. */
  readonly client: S3Client;
}

const encoder = avroEncoder(loadSchema('image-tags'));

/**
 * Writes Avro files of many results each. The lake keeps every result, including all results of a re-tagged photo, and
 * each record of a topic once. The sink replaces and deletes nothing.
 */
export function createLakeSink(config: LakeSinkConfig, { client }: LakeSinkDependencies): Sink<ImageTags> {
  const service = createLakeService(config, client);
  let store: ConditionalWrites = { create: true, replace: true };
  const writer = createPartitionWriter({ service, createOnly: () => store.create, put: putFile });

  /** Returns the records as Avro. Records that do not fit the schema go to `refused`. */
  function encodeRecords(plan: PartitionPlan, refused: Rejection[]): readonly EncodedRecord[] {
    return plan.records.flatMap(({ index, record }) => {
      try {
        return [{ offset: BigInt(record.offset), id: record.id, bytes: encoder.encode(record.value) }];
      } catch (thrown) {
        const why = `it does not fit the schema, ${reason(thrown)}`;
        refused.push({ index, error: rejected('sink lake', `result ${record.id}`, why, thrown) });
        return [];
      }
    });
  }

  async function putFile(
    { topic, partition }: PartitionPlan,
    file: LakeFile,
    records: readonly EncodedRecord[],
    signal?: AbortSignal,
  ): Promise<boolean> {
    const key = fileKey(config.prefix, { topic, partition }, file.first);
    const encoded = records.map(({ bytes }) => bytes);
    const place = { 'fanlight.topic': topic, 'fanlight.partition': String(partition) };
    const body = await avroContainer(encoder.schema, encoded, key, { ...place, ...headerOf(file) });
    try {
      return await service.put({ key, body, create: store.create }, signal);
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
    await forEachBounded(planPartitions(batch), config.concurrency, (plan) =>
      writer.write(plan, encodeRecords(plan, refused), signal),
    );
    return refused;
  }

  return {
    name: 'lake',
    batch: { maxRecords: config.maxRecords, maxDelayMs: config.maxDelayMs },
    async open(warn) {
      store = await service.open();
      if (store.create) return;
      warn?.(
        `Bucket ${config.bucket} ignores conditional puts. If two workers write records of one partition at the same ` +
          'moment, the lake can lose or repeat results; see docs/sinks.md.',
      );
    },
    write: writeToLake,
    async close() {
      client.destroy();
    },
  };
}
