/** Returns the largest difference between two lists of rows; NaN when their shapes differ. */
export function largestDifference(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  if (a.length !== b.length || a.some((row, i) => row.length !== b[i]?.length)) return NaN;
  return Math.max(
    ...a.map((row, i) => Array.from(row).reduce((most, value, j) => Math.max(most, Math.abs(value - b[i]![j]!)), 0)),
  );
}
