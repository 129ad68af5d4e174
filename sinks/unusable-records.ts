import { rejected } from '../adapters/stores/failures.js';
import type { Rejection, TagRecord } from './sink.js';

const loneSurrogate = /\p{Surrogate}/u;

/** Largest distance from 1970 that a date can have, in both directions (ms; ECMA-262, time values). */
const maxEpochMs = 8.64e15;

/**
 * Separates the records that every store can address and order from the rest. All photos with an empty id would share
 * one key. Half a surrogate pair has no UTF-8 form, so different ids would become one key.
 */
export function refuseUnusable(
  store: string,
  batch: readonly TagRecord[],
): { readonly writable: readonly IndexedRecord[]; readonly rejections: readonly Rejection[] } {
  const writable: IndexedRecord[] = [];
  const rejections: Rejection[] = [];
  batch.forEach((record, index) => {
    const { imageId, listingId, eventTime, taggedAt } = record.value;
    const why =
      idProblem('imageId', imageId) ??
      idProblem('listingId', listingId) ??
      timeProblem('eventTime', eventTime) ??
      timeProblem('taggedAt', taggedAt);
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

function timeProblem(field: string, epochMs: number): string | undefined {
  return Math.abs(epochMs) <= maxEpochMs ? undefined : `its ${field} is not a moment in time`;
}
