/** Offsets of finished records, both inclusive. */
export interface Run {
  readonly first: bigint;
  readonly last: bigint;
}

/** The progress of a consumer group in one partition, as a transaction commits it. */
export interface Position {
  /** All records before it are finished. */
  readonly offset: bigint;
  /** Finished records behind it, because an earlier one is unfinished. In order. */
  readonly runs: readonly Run[];
}

/** Returns the position in its shortest form: runs that touch are one, and the offset passes those at its place. */
export function positionOf(offset: bigint, runs: readonly Run[]): Position {
  let reached = offset;
  const kept: Run[] = [];
  for (const run of [...runs].sort((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = kept.at(-1);
    if (run.first <= reached) reached = max(reached, run.last + 1n);
    else if (before && run.first <= before.last + 1n)
      kept[kept.length - 1] = { first: before.first, last: max(before.last, run.last) };
    else kept.push(run);
  }
  return { offset: reached, runs: kept };
}

export function isFinished({ offset, runs }: Position, record: bigint): boolean {
  return record < offset || runs.some(({ first, last }) => first <= record && record <= last);
}

export function isSame(a: Position | undefined, b: Position | undefined): boolean {
  return a && b ? a.offset === b.offset && textOf(a) === textOf(b) : a === b;
}

/** Upper bound of the text (characters). Brokers refuse more than `offset.metadata.max.bytes`, by default 4,096. */
const maxCharacters = 4_000;
const prefix = 'fl1:';
const form = /^fl1:(\d+\+\d+)(,\d+\+\d+)*$/;

/**
 * Returns the runs as the metadata of a committed offset: the distance of each run from the offset, and the number of
 * offsets that follow its first. Undefined: the text would be too long.
 */
export function metadataOf(position: Position): string | undefined {
  const text = textOf(position);
  return text.length > maxCharacters ? undefined : text;
}

function textOf({ offset, runs }: Position): string {
  if (runs.length === 0) return '';
  return prefix + runs.map(({ first, last }) => `${first - offset}+${last - first}`).join(',');
}

/** Reads what `metadataOf` has written. Other metadata names no run, so that the records are processed again. */
export function readPosition(offset: bigint, metadata: string | null): Position {
  if (metadata === null || !form.test(metadata)) return { offset, runs: [] };
  const runs = metadata
    .slice(prefix.length)
    .split(',')
    .map((run) => {
      const [distance = '0', following = '0'] = run.split('+');
      const first = offset + BigInt(distance);
      return { first, last: first + BigInt(following) };
    });
  return positionOf(offset, runs);
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
