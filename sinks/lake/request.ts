import { pathSegment } from '../../adapters/stores/path-segment.js';
import type { IndexedRecord } from '../unusable-records.js';
import type { TagRecord } from '../sink.js';

export interface LakePartition {
  readonly topic: string;
  readonly partition: number;
}

/** Records of a batch from one partition: at least one, in the order of their offsets. */
export interface PartitionPlan extends LakePartition {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly records: readonly IndexedRecord[];
}

/** Returns one plan for each partition of the batch, in the order in which the partitions first appear. */
export function planPartitions(batch: readonly TagRecord[]): readonly PartitionPlan[] {
  const partitions = new Map<string, IndexedRecord[]>();
  batch.forEach((record, index) => {
    const partition = partitionName(record);
    const records = partitions.get(partition);
    if (records === undefined) partitions.set(partition, [{ index, record }]);
    else records.push({ index, record });
  });
  return [...partitions.values()].map(planOf);
}

export function partitionName({ topic, partition }: LakePartition): string {
  return `${topic}/${partition}`;
}

/** Prefix of all files of a partition. Query engines read `partition=<n>` as a column. */
export function partitionPrefix(prefix: string, { topic, partition }: LakePartition): string {
  return `${prefix}${pathSegment(topic)}/partition=${partition}/`;
}

/**
 * Returns `<prefix><topic>/partition=<p>/<topic>+<p>+<first offset, 20 digits>.avro`. 20 digits hold any 64-bit offset,
 * so a listing has the files in the order of their offsets.
 */
export function fileKey(prefix: string, { topic, partition }: LakePartition, firstOffset: bigint): string {
  const name = `${pathSegment(topic)}+${partition}+${firstOffset.toString().padStart(20, '0')}.avro`;
  return `${partitionPrefix(prefix, { topic, partition })}${name}`;
}

/** Returns the first offset in a key of `fileKey`, or undefined for any other key. */
export function firstOffsetOf(key: string): bigint | undefined {
  const digits = /\+(\d{20})\.avro$/.exec(key)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

function planOf(records: readonly IndexedRecord[]): PartitionPlan {
  const first = records[0]?.record as TagRecord;
  const last = records.at(-1)?.record as TagRecord;
  return {
    topic: first.topic,
    partition: first.partition,
    firstOffset: BigInt(first.offset),
    lastOffset: BigInt(last.offset),
    records,
  };
}
