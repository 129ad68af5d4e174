import { unavailable } from '../../adapters/stores/failures.js';
import { filesOver, refuseOtherTopic } from './files-over.js';
import { lakeFile, piecesBetween, type EncodedRecord, type LakeFile } from './lake-file.js';
import { partitionName, type PartitionPlan } from './request.js';
import type { LakeService } from './service.js';

export interface PartitionWriterOptions {
  readonly service: LakeService;
  /** Whether the store creates a file only if there is none of its name. */
  readonly createOnly: () => boolean;
  /** Puts one file. Returns false if there is one of its name. */
  put(plan: PartitionPlan, file: LakeFile, records: readonly EncodedRecord[], signal?: AbortSignal): Promise<boolean>;
}

export interface PartitionWriter {
  /** Writes those records of the plan that fit the schema, each of them only if no file holds it. */
  write(plan: PartitionPlan, records: readonly EncodedRecord[], signal?: AbortSignal): Promise<void>;
}

/** Upper bound of files that other writers create first during one write. */
const maxConflicts = 10;

/**
 * Appends files to the chain of each partition. A file is named by the first offset that it holds, is created only if
 * there is none of that name, and is never replaced.
 *
 * A writer that continues its own file reads nothing before it writes: another writer that has the next record gives
 * its file the same name. Otherwise the writer first looks which offsets the lake holds.
 */
export function createPartitionWriter({ service, createOnly, put }: PartitionWriterOptions): PartitionWriter {
  /** Last offset of each partition, if the last file of its chain is by this writer. */
  const ends = new Map<string, bigint>();

  /** Returns whether the chain ends with a file of this writer. */
  async function append(
    plan: PartitionPlan,
    records: readonly EncodedRecord[],
    continues: boolean,
    signal?: AbortSignal,
  ): Promise<boolean> {
    let files: readonly LakeFile[] | undefined = continues && createOnly() ? [] : undefined;
    let own: LakeFile | undefined;
    for (let conflicts = 0; conflicts < maxConflicts;) {
      if (files === undefined) {
        files = await filesOver(service, plan, { from: plan.firstOffset, to: plan.lastOffset }, signal);
        refuseOtherTopic(plan, records, files);
      }
      const [piece, ...others] = piecesBetween(records, files);
      if (piece === undefined) {
        return own?.last === records.at(-1)?.offset && !files.some(({ last }) => last > plan.lastOffset);
      }
      const file = lakeFile(piece, files);
      if (await put(plan, file, piece, signal)) {
        own = file;
        // A store that creates unconditionally is looked at before each put.
        files = createOnly() || others.length === 0 ? [...files, file] : undefined;
      } else {
        conflicts += 1;
        files = undefined;
      }
    }
    throw unavailable('the lake', `gets files of other writers in ${partitionName(plan)} all the time`);
  }

  return {
    async write(plan, records, signal) {
      const name = partitionName(plan);
      const continues = ends.get(name) === plan.firstOffset - 1n;
      ends.delete(name); // after a failure, a put of this writer may have arrived or not
      const chained = records.length === 0 ? continues : await append(plan, records, continues, signal);
      if (chained) ends.set(name, plan.lastOffset);
    },
  };
}
