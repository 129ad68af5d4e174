/**
 * The outcome of a write is unknown, or another consumer has the partition. The consumer then gives its partitions
 * back, joins its group again, and reads from the committed offsets.
 */
export class HandedBack extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'HandedBack';
  }
}
