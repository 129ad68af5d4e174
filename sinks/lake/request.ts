import { pathSegment } from '../../adapters/stores/path-segment.js';
import type { IndexedRecord } from '../unusable-records.js';
import type { TagRecord } from '../sink.js';

/** Records of one file: at least one, all consecutive records of one partition. */
export interface FilePlan {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly records: readonly IndexedRecord[];
}

/** Returns one plan for each partition of the batch, in the order in which the partitions first appear. */
export function planFiles(batch: readonly TagRecord[]): readonly FilePlan[] {
  const partitions = new Map<string, IndexedRecord[]>();
  batch.forEach((record, index) => {
    const partition = `${record.topic}/${record.partition}`;
    const records = partitions.get(partition);
    if (records === undefined) partitions.set(partition, [{ index, record }]);
    else records.push({ index, record });
  });
  return [...partitions.values()].map(planOf);
}

/**
 * Cuts a plan at the first offsets of files that an earlier run wrote. Each of those files is then overwritten, and
 * none is left beside a longer file with the same records. `boundaries` may be in any order; those outside the plan
 * change nothing.
 */
export function cutAtBoundaries(plan: FilePlan, boundaries: readonly bigint[]): readonly FilePlan[] {
  const cuts = boundaries
    .filter((boundary) => boundary > plan.firstOffset && boundary <= plan.lastOffset)
    .sort((a, b) => (a < b ? -1 : 1));
  const pieces: IndexedRecord[][] = [[]];
  let nextCut = 0;
  for (const entry of plan.records) {
    while (nextCut < cuts.length && BigInt(entry.record.offset) >= (cuts[nextCut] as bigint)) {
      nextCut += 1;
      if (pieces.at(-1)?.length !== 0) pieces.push([]);
    }
    pieces.at(-1)?.push(entry);
  }
  return pieces.map(planOf);
}

/** Prefix of all files of a partition. Query engines read `partition=<n>` as a column. */
export function partitionPrefix(prefix: string, plan: Pick<FilePlan, 'topic' | 'partition'>): string {
  return `${prefix}${pathSegment(plan.topic)}/partition=${plan.partition}/`;
}

/**
 * Returns `<prefix><topic>/partition=<p>/<topic>+<p>+<first offset, 20 digits>.avro`. 20 digits hold any 64-bit offset,
 * so a listing has the files in the order of their offsets.
 */
export function fileKey(prefix: string, topic: string, partition: number, firstOffset: bigint): string {
  const name = `${pathSegment(topic)}+${partition}+${firstOffset.toString().padStart(20, '0')}.avro`;
  return `${partitionPrefix(prefix, { topic, partition })}${name}`;
}

/** Returns the first offset in a key of `fileKey`, or undefined for any other key. */
export function firstOffsetOf(key: string): bigint | undefined {
  const digits = /\+(\d{20})\.avro$/.exec(key)?.[1];
  return digits === undefined ? undefined : BigInt(digits);
}

function planOf(records: readonly IndexedRecord[]): FilePlan {
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
