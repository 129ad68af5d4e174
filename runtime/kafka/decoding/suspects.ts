/** Bytes of batches with a wrong checksum. */
export interface Suspects {
  /**
   * Whether to fetch the batch once more, because the damage may come from the way here. False once the same bytes, or
   * different ones for the third time, have come.
   */
  fetchAgain(batch: string, crc: number): boolean;
}

const maxFetches = 3;
/** Upper bound of the batches that are remembered. */
const maxBatches = 1_000;

export function createSuspects(): Suspects {
  const seen = new Map<string, { readonly crc: number; readonly fetches: number }>();
  return {
    fetchAgain(batch, crc) {
      const before = seen.get(batch);
      const fetches = (before?.fetches ?? 0) + 1;
      seen.delete(batch);
      seen.set(batch, { crc, fetches });
      const [oldest] = seen.keys();
      if (seen.size > maxBatches && oldest !== undefined) seen.delete(oldest);
      return before?.crc !== crc && fetches < maxFetches;
    },
  };
}
