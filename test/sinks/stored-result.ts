import type { TagRecord } from '../../sinks/sink.js';

/** What a reader of the store finds of one result. */
export interface StoredResult {
  readonly imageId: string;
  readonly listingId: string;
  readonly pipeline: string;
  readonly roomType: string | null;
  /** In code-unit order, each once. */
  readonly tags: readonly string[];
}

/** What a store should hold after these records, in the order of `sorted`. */
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

/** In an order that depends on the content alone. */
export function sorted(results: readonly StoredResult[]): readonly StoredResult[] {
  const keyed = results.map((result) => [JSON.stringify(result), result] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, result]) => result);
}
