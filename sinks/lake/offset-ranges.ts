/** Offsets in ascending order, as pairs of the first and the last offset of each run without a gap. */
export type OffsetRanges = readonly (readonly [bigint, bigint])[];

/** @param offsets in ascending order, without repeats */
export function rangesOf(offsets: readonly bigint[]): OffsetRanges {
  const ranges: [bigint, bigint][] = [];
  for (const offset of offsets) {
    const last = ranges.at(-1);
    if (last !== undefined && offset === last[1] + 1n) last[1] = offset;
    else ranges.push([offset, offset]);
  }
  return ranges;
}

/** Returns text such as `10-20,22,30-31`. */
export function formatRanges(ranges: OffsetRanges): string {
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',');
}

/** Returns undefined for text that `formatRanges` does not give. */
export function parseRanges(text: string): OffsetRanges | undefined {
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return undefined;
  return text.split(',').map((range) => {
    const [first = '', last = first] = range.split('-');
    return [BigInt(first), BigInt(last)] as const;
  });
}

export function holds(ranges: OffsetRanges, offset: bigint): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const [first, last] = ranges[middle] as readonly [bigint, bigint];
    if (offset < first) high = middle;
    else if (offset > last) low = middle + 1;
    else return true;
  }
  return false;
}
