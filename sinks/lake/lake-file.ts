import { formatRanges, holds, parseRanges, rangesOf, type OffsetRanges } from './offset-ranges.js';

/** A record that fits the schema. */
export interface EncodedRecord {
  readonly offset: bigint;
  /** `ce_id` */
  readonly id: string;
  readonly bytes: Buffer;
}

/** What the header of a file says about its content. */
export interface LakeFile {
  readonly first: bigint;
  readonly last: bigint;
  /** Offsets of the records in the file. */
  readonly held: OffsetRanges;
  /** Whether no earlier file reached behind the first offset when this one was written. */
  readonly startsChain: boolean;
  /** Ids of the first and the last record. Undefined in files of earlier releases. */
  readonly firstId: string | undefined;
  readonly lastId: string | undefined;
}

/**
 * A file spans fewer offsets than this. So only files that begin within this distance before an offset can hold it.
 * Files of earlier releases were bounded by their records (100,000) and the few offsets that were missing among them.
 */
export const maxSpan = 100_000n;

/**
 * Returns the records that no file holds, in pieces that can each become a file. A piece ends where a file begins, so
 * that files never interleave, and before it spans too many offsets.
 *
 * @param records in the order of their offsets
 * @param files in any order
 */
export function piecesBetween(
  records: readonly EncodedRecord[],
  files: readonly LakeFile[],
): readonly (readonly EncodedRecord[])[] {
  const ahead = [...files].sort((a, b) => (a.first < b.first ? 1 : -1));
  const pieces: [EncodedRecord, ...EncodedRecord[]][] = [];
  let around: LakeFile[] = [];
  let cut = true;
  for (const record of records) {
    for (let file = ahead.at(-1); file && file.first <= record.offset; file = ahead.at(-1)) {
      around.push(file);
      ahead.pop();
      cut = true;
    }
    around = around.filter(({ last }) => last >= record.offset);
    if (around.some(({ held }) => holds(held, record.offset))) continue;
    const piece = pieces.at(-1);
    if (cut || piece === undefined || record.offset - piece[0].offset >= maxSpan) pieces.push([record]);
    else piece.push(record);
    cut = false;
  }
  return pieces;
}

/** @param others files that may reach behind the first record of the new one */
export function lakeFile(records: readonly EncodedRecord[], others: readonly LakeFile[]): LakeFile {
  const [head, tail] = [records[0] as EncodedRecord, records.at(-1) as EncodedRecord];
  return {
    first: head.offset,
    last: tail.offset,
    held: rangesOf(records.map(({ offset }) => offset)),
    startsChain: !others.some(({ first, last }) => first < head.offset && last > head.offset),
    firstId: head.id,
    lastId: tail.id,
  };
}

/** Returns the metadata of the header, without topic and partition. */
export function headerOf(file: LakeFile): Readonly<Record<string, string>> {
  return {
    'fanlight.offset.first': String(file.first),
    'fanlight.offset.last': String(file.last),
    'fanlight.offsets': formatRanges(file.held),
    'fanlight.chain': String(file.startsChain),
    'fanlight.id.first': file.firstId ?? '',
    'fanlight.id.last': file.lastId ?? '',
  };
}

/**
 * Returns undefined if the header does not say which offsets the file holds. A header of an earlier release names only
 * the first and the last offset: all offsets between count as held.
 */
export function fileFrom(header: Readonly<Record<string, string>>): LakeFile | undefined {
  const { 'fanlight.offset.first': from = '', 'fanlight.offset.last': to = '' } = header;
  const held = parseRanges(header['fanlight.offsets'] ?? `${from}-${to}`);
  const [[first] = [], [, last] = []] = [held?.[0], held?.at(-1)];
  if (held === undefined || first === undefined || last === undefined) return undefined;
  return {
    first,
    last,
    held,
    startsChain: header['fanlight.chain'] === 'true',
    firstId: header['fanlight.id.first'],
    lastId: header['fanlight.id.last'],
  };
}
