import { pathSegment } from '../../../adapters/stores/path-segment.js';
import type { FinishedDelivery, ResultsDelivery } from '../callback.js';
import { finishedDocument } from '../messages.js';

/** A part as the store lists it. */
export interface StoredPart {
  readonly key: string;
  readonly bytes: number;
}

/** Where everything of a job is. */
export function folderOf(prefix: string, job: string): string {
  return `${prefix === '' ? '' : `${prefix}/`}${pathSegment(job)}/`;
}

/**
 * `part-<first position>-<results>-<id>.ndjson`: parts sort by where they begin, and a listing alone tells how many
 * results there are.
 */
export function partKey(folder: string, { id, part, results }: ResultsDelivery): string {
  const first = Math.min(...part.items);
  return `${folder}part-${String(first).padStart(9, '0')}-${results.length}-${id.slice(0, 16)}.ndjson`;
}

export function partBody({ results }: ResultsDelivery): Buffer {
  return Buffer.from(results.map((result) => `${JSON.stringify(result)}\n`).join(''));
}

/** What the job holds, written when nothing is added any more. Objects that are no parts are left out. */
export function manifestOf(delivery: FinishedDelivery, stored: readonly StoredPart[]): Buffer {
  const parts = stored.flatMap(({ key, bytes }) => {
    const results = /\/part-\d+-(\d+)-[0-9a-f]+\.ndjson$/.exec(key)?.[1];
    return results === undefined ? [] : [{ key, results: Number(results), bytes }];
  });
  const total = parts.reduce((sum, { results }) => sum + results, 0);
  return Buffer.from(`${JSON.stringify({ ...finishedDocument(delivery), results: total, parts }, null, 2)}\n`);
}
