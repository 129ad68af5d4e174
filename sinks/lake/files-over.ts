import { misconfigured } from '../../adapters/stores/failures.js';
import { forEachBounded } from '../bounded-concurrency.js';
import { maxSpan, type EncodedRecord, type LakeFile } from './lake-file.js';
import { partitionName, type LakePartition } from './request.js';
import type { LakeService, ListedFile } from './service.js';

/** Headers that are read at a time. */
const concurrentReads = 16;

/** Finds all files that may hold an offset of the range. */
export async function filesOver(
  service: LakeService,
  place: LakePartition,
  { from, to }: { readonly from: bigint; readonly to: bigint },
  signal?: AbortSignal,
): Promise<readonly LakeFile[]> {
  const listed = await service.list(place, { from: from - maxSpan, to }, signal);
  const within = listed.filter(({ first }) => first >= from);
  const before = listed.slice(0, listed.length - within.length).reverse();
  return [...(await inspectAll(service, within, signal)), ...(await reaching(service, before, from, signal))];
}

/**
 * Returns the files that reach `from`, nearest first. At the first file that starts a chain the search ends: when that
 * file was written, no earlier one reached it.
 */
async function reaching(
  service: LakeService,
  before: readonly ListedFile[],
  from: bigint,
  signal?: AbortSignal,
): Promise<readonly LakeFile[]> {
  const found: LakeFile[] = [];
  let next = 0;
  let started = false;
  while (next < before.length && !started) {
    // Nearly always, the nearest file starts a chain. Only files of earlier releases, or around a gap, do not.
    const end = next === 0 ? 1 : next + concurrentReads;
    for (const file of await inspectAll(service, before.slice(next, end), signal)) {
      if (file.last >= from) found.push(file);
      started ||= file.startsChain;
    }
    next = end;
  }
  return found;
}

async function inspectAll(
  service: LakeService,
  listed: readonly ListedFile[],
  signal?: AbortSignal,
): Promise<readonly LakeFile[]> {
  const files: LakeFile[] = [];
  await forEachBounded(listed, concurrentReads, async (one) => {
    const file = await service.inspect(one, signal);
    if (file !== undefined) files.push(file);
  });
  return files;
}

/**
 * Throws `invalid-configuration` if a file has another record at the offset of one of the records. A topic that was
 * deleted and created again has new records at old offsets. They would all count as stored.
 */
export function refuseOtherTopic(
  place: LakePartition,
  records: readonly EncodedRecord[],
  files: readonly LakeFile[],
): void {
  const ids = new Map(records.map(({ offset, id }) => [offset, id]));
  for (const file of files) {
    for (const [offset, id] of [
      [file.first, file.firstId],
      [file.last, file.lastId],
    ] as const) {
      const ours = ids.get(offset);
      if (ours === undefined || id === undefined || ours === id) continue;
      throw misconfigured(
        'sink lake',
        `the lake holds another record at offset ${offset} of ${partitionName(place)}, so the topic was created again`,
        'Give the lake another prefix.',
      );
    }
  }
}
