import { FanlightError } from '../../schemas/failure.js';
import type { RecordCoordinates } from '../../runtime/records/message.js';

/** A consumer group at the partition of a record that it is to skip. */
export interface GroupPosition {
  readonly group: string;
  /** Undefined: the group has never committed there. */
  readonly committed: bigint | undefined;
  /** Number of running members. */
  readonly members: number;
}

/** A group that is to skip the record. */
export interface SkippingGroup {
  readonly group: string;
  /** Offset that it would read next. */
  readonly from: bigint;
}

/** Upper bound of the offsets that one call skips. */
const maxOffsets = 10_000n;

/**
 * Returns the groups that have not passed the record. Throws when one of them runs, or when the record is not in its
 * partition.
 *
 * @param low first offset that the partition has
 * @param high first offset that it does not have yet
 */
export function planSkip(
  { topic, partition, offset }: RecordCoordinates,
  { low, high }: { readonly low: bigint; readonly high: bigint },
  positions: readonly GroupPosition[],
): SkippingGroup[] {
  if (offset < low || offset >= high)
    throw refusal(
      `${topic}/${partition} has no offset ${offset}: it has ${low} up to ${high - 1n}.`,
      'Take topic, partition and offset from the log of the worker.',
    );
  const behind = positions
    .map(({ group, committed, members }) => ({ group, members, from: max(committed ?? low, low) }))
    .filter(({ from }) => from <= offset);
  const running = behind.filter(({ members }) => members > 0);
  if (running.length > 0)
    throw refusal(
      `The groups have running members: ${running.map(({ group, members }) => `${group} (${members})`).join(', ')}.`,
      'Stop their workers (`fanlight topology` names the role of each group), then call `fanlight dlq skip` again.',
    );
  const far = behind.find(({ from }) => offset - from >= maxOffsets);
  if (far)
    throw refusal(
      `${far.group} is at offset ${far.from}, more than ${maxOffsets} before ${offset}.`,
      'Skip in smaller steps, or let the group read up to the record.',
    );
  return behind.map(({ group, from }) => ({ group, from }));
}

/**
 * Throws when a group would also skip records before the one that is named.
 *
 * @param offsets offsets of all records between the first group and the record
 */
export function refuseEarlier(groups: readonly SkippingGroup[], offset: bigint, offsets: readonly bigint[]): void {
  for (const { group, from } of groups) {
    const earlier = offsets.filter((other) => other >= from && other < offset);
    if (earlier.length > 0)
      throw refusal(
        `${group} has records before offset ${offset} that it has not committed: ${earlier.length}, the first at ${earlier[0]}.`,
        'Skip that one first, or add --with-earlier, which makes each of them a dead letter.',
      );
  }
}

function refusal(message: string, remedy: string): FanlightError {
  return new FanlightError({ code: 'invalid-configuration', message, remedy });
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
