import type { TagRecord } from './sink.js';

/** The order of the results of one photo and pipeline. Two results with the same id are the same result. */
export interface ResultVersion {
  /** When the event entered Fanlight (epoch ms). */
  readonly eventTime: number;
  /** `ce_id` of the result. */
  readonly id: string;
}

export function versionOf({ id, value }: TagRecord): ResultVersion {
  return { id, eventTime: value.eventTime };
}

/**
 * Returns a negative number if `one` is older than `other`, and 0 if both are the same result. Of two results with the
 * same event time, the one with the greater id counts as newer, by the bytes of its UTF-8 form. The choice is
 * arbitrary, but it is the same in every store and for every writer.
 */
export function compareVersions(one: ResultVersion, other: ResultVersion): number {
  if (one.eventTime !== other.eventTime) return one.eventTime - other.eventTime;
  return Buffer.compare(Buffer.from(one.id), Buffer.from(other.id));
}
