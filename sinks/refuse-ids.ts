import { rejected } from './failures.js';
import type { Rejection, TagRecord } from './sink.js';

const loneSurrogate = /\p{Surrogate}/u;

/**
 * Parts a batch into the records whose ids can be a key in any store, and the rest. An empty id would be one key for all
 * photos that lack one; half a surrogate pair has no UTF-8, so that different ids would become one key.
 */
export function refuseIds(
  store: string,
  batch: readonly TagRecord[],
): { readonly writable: readonly IndexedRecord[]; readonly rejections: readonly Rejection[] } {
  const writable: IndexedRecord[] = [];
  const rejections: Rejection[] = [];
  batch.forEach((record, index) => {
    const why = idProblem('imageId', record.tags.imageId) ?? idProblem('listingId', record.tags.listingId);
    if (why === undefined) writable.push({ index, record });
    else rejections.push({ index, error: rejected(store, `result ${record.id}`, why) });
  });
  return { writable, rejections };
}

/** A record and its position in the batch. */
export interface IndexedRecord {
  readonly index: number;
  readonly record: TagRecord;
}

function idProblem(field: string, id: string): string | undefined {
  if (id === '') return `its ${field} is empty`;
  if (loneSurrogate.test(id)) return `its ${field} is not valid Unicode`;
  return undefined;
}
