import { createHash } from 'node:crypto';

/**
 * A queue that clients share. Its partitions form a grid of `rows` × `columns` (shuffle sharding): each client has one
 * partition in each column, and a hash of its name selects the row. Workers take the partitions of their columns in
 * turn, so a client gets at most one turn a column, however much it sends. Two clients rarely meet in many columns.
 */
export interface Shares {
  readonly rows: number;
  /**
   * Number of consecutive partitions in a row. If the number of workers divides it, the round-robin assignment gives
   * all rows of a column to one worker.
   */
  readonly columns: number;
}

/** All events without a client name count as one client. */
const unnamed = '';

/** Returns the partitions of a client, one in each column. */
export function partitionsOf(client: string | undefined, { rows, columns }: Shares): number[] {
  const digest = createHash('sha512')
    .update(client ?? unnamed)
    .digest();
  return Array.from(
    { length: columns },
    (_, column) => ((digest[column % digest.length] ?? 0) % rows) * columns + column,
  );
}

/** Returns the client's partition with the fewest waiting records; of equal ones, the first. */
export function choosePartition(
  client: string | undefined,
  shares: Shares,
  waiting: (partition: number) => number,
): number {
  return partitionsOf(client, shares).reduce((best, partition) =>
    waiting(partition) < waiting(best) ? partition : best,
  );
}
