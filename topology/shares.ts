import { createHash } from 'node:crypto';

/**
 * A queue that clients share: its partitions form a grid of `rows` × `columns`, and each client has one partition in
 * each
 * column, in a row that its name decides (shuffle sharding). Workers take the partitions of their columns in turn, so a
 * client
 * gets at most one turn a column, however much it sends; two clients rarely meet in many columns.
 */
export interface Shares {
  readonly rows: number;
  /**
   * Consecutive partitions. Where the number of workers divides it, all rows of a column are one worker's (round-robin
   * assignment).
   */
  readonly columns: number;
}

/** Who has no name counts as one client. */
const nobody = '';

/** The partitions of a client, one in each column. */
export function partitionsOf(client: string | undefined, { rows, columns }: Shares): number[] {
  const digest = createHash('sha512')
    .update(client ?? nobody)
    .digest();
  return Array.from(
    { length: columns },
    (_, column) => ((digest[column % digest.length] ?? 0) % rows) * columns + column,
  );
}

/** That of the client's partitions in which the fewest records wait; the earlier of two that are equal. */
export function choosePartition(
  client: string | undefined,
  shares: Shares,
  waiting: (partition: number) => number,
): number {
  return partitionsOf(client, shares).reduce((best, partition) =>
    waiting(partition) < waiting(best) ? partition : best,
  );
}
