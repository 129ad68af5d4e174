import type { TagRecord } from '../../sinks/sink.js';

/** One result as a reader of the store finds it. */
export interface StoredResult {
  readonly imageId: string;
  readonly listingId: string;
  readonly pipeline: string;
  readonly roomType: string | null;
  /** Distinct names in code-unit order. */
  readonly tags: readonly string[];
}

/** Returns the results that a store should hold after these records, in the order of `sorted`. */
export function expected(batch: readonly TagRecord[]): readonly StoredResult[] {
  return sorted(
    batch.map(({ value: tags }) => ({
      imageId: tags.imageId,
      listingId: tags.listingId,
      pipeline: tags.pipeline,
      roomType: tags.roomType?.name ?? null,
      tags: distinct(tags.tags.map(({ name }) => name)),
    })),
  );
}

export function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

/** Sorts in an order that depends on the content alone. */
export function sorted(results: readonly StoredResult[]): readonly StoredResult[] {
  const keyed = results.map((result) => [JSON.stringify(result), result] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, result]) => result);
}
