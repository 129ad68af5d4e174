import { pathSegment } from '../../../adapters/stores/path-segment.js';
import type { FinishedDelivery, ResultsDelivery } from '../callback.js';
import { finishedDocument } from '../messages.js';
import { itemDigits } from '../../results/job-result.js';

/** A part as listed by the store. */
export interface StoredPart {
  readonly key: string;
  readonly bytes: number;
}

/** Returns the prefix of all objects of a job. */
export function folderOf(prefix: string, job: string): string {
  return `${prefix === '' ? '' : `${prefix}/`}${pathSegment(job)}/`;
}

/**
 * Returns `part-<first position>-<results>-<id>.ndjson`. Parts sort by their first position, and a listing alone shows
 * the number of results.
 */
export function partKey(folder: string, { id, part, results }: ResultsDelivery): string {
  const first = Math.min(...part.items);
  return `${folder}part-${String(first).padStart(itemDigits, '0')}-${results.length}-${id.slice(0, 16)}.ndjson`;
}

export function partBody({ results }: ResultsDelivery): Buffer {
  return Buffer.from(results.map((result) => `${JSON.stringify(result)}\n`).join(''));
}

/** Returns the list of a job's parts, written after the last part. Objects that are not parts are left out. */
export function manifestOf(delivery: FinishedDelivery, stored: readonly StoredPart[]): Buffer {
  const parts = stored.flatMap(({ key, bytes }) => {
    const results = /\/part-\d+-(\d+)-[0-9a-f]+\.ndjson$/.exec(key)?.[1];
    return results === undefined ? [] : [{ key, results: Number(results), bytes }];
  });
  const total = parts.reduce((sum, { results }) => sum + results, 0);
  return Buffer.from(`${JSON.stringify({ ...finishedDocument(delivery), results: total, parts }, null, 2)}\n`);
}
