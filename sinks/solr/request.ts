import type { Tag } from '../../schemas/events.js';
import type { IndexedRecord } from '../unusable-records.js';
import { compareVersions, versionOf, type ResultVersion } from '../result-order.js';
import type { TagRecord } from '../sink.js';
import { photoResultId, pipelineFields } from './field-names.js';

/** The part of a photo in the index that a write depends on. */
export interface HeldPhoto {
  /** `_version_`: a 64-bit integer as text, because a JavaScript number would round it. */
  readonly version: string;
  /** The newest result of any pipeline. */
  readonly newest: ResultVersion | undefined;
  /** The result of each pipeline, by the name of the pipeline's eventTime field. */
  readonly pipelines: ReadonlyMap<string, ResultVersion>;
}

type FieldValue = string | number | null | readonly string[];

/**
 * One document of an update request. For a photo in the index it has atomic updates of the named fields
 * (`{ set: value }`). A new photo is sent whole: that costs Solr less, and version `-1` overwrites nothing.
 */
export interface SolrUpdate {
  readonly id: string;
  /** Solr applies the update only to this version of the photo. `-1`: only if the photo does not exist. */
  readonly _version_: string;
  readonly [field: string]: FieldValue | { readonly set: FieldValue };
}

/**
 * Returns one update for each photo, with the newest result of each pipeline among `entries`. It skips a result if the
 * index holds a newer one of the same photo and pipeline.
 */
export function solrUpdates(
  entries: readonly IndexedRecord[],
  held: ReadonlyMap<string, HeldPhoto>,
): readonly SolrUpdate[] {
  const changes = new Map<string, Record<string, FieldValue>>();
  for (const { record } of byVersion(entries)) {
    const { value: tags } = record;
    const known = held.get(tags.imageId);
    if (isOlder(record, known?.pipelines.get(pipelineFields(tags.pipeline).eventTime))) continue;
    const fields = changes.get(tags.imageId) ?? {};
    Object.assign(fields, pipelineUpdate(record));
    if (!isOlder(record, known?.newest)) Object.assign(fields, photoUpdate(record));
    changes.set(tags.imageId, fields);
  }
  return [...changes].map(([id, fields]) => solrUpdate(id, fields, held.get(id)));
}

function solrUpdate(
  id: string,
  fields: Readonly<Record<string, FieldValue>>,
  known: HeldPhoto | undefined,
): SolrUpdate {
  if (known === undefined) return { ...fields, id, _version_: '-1' };
  const sets = Object.entries(fields).map(([name, value]) => [name, { set: value }] as const);
  return { ...Object.fromEntries(sets), id, _version_: known.version };
}

function isOlder(record: TagRecord, held: ResultVersion | undefined): boolean {
  return held !== undefined && compareVersions(versionOf(record), held) < 0;
}

/** Fields of the photo itself, from the newest result of any pipeline. */
function photoUpdate({ id, value: tags }: TagRecord): Record<string, FieldValue> {
  return {
    [photoResultId]: id,
    listingId: tags.listingId,
    url: tags.url,
    contentSha256: tags.contentSha256,
    format: tags.format,
    width: tags.width,
    height: tags.height,
    eventTime: new Date(tags.eventTime).toISOString(),
    taggedAt: new Date(tags.taggedAt).toISOString(),
  };
}

function pipelineUpdate({ id, value: tags }: TagRecord): Record<string, FieldValue> {
  const fields = pipelineFields(tags.pipeline);
  const best = bestScores(tags.tags);
  return {
    [fields.pipeline]: tags.pipeline,
    [fields.eventTime]: new Date(tags.eventTime).toISOString(),
    [fields.resultId]: id,
    [fields.models]: tags.models,
    [fields.tags]: [...best.keys()],
    [fields.scores]: [...best].map(([name, score]) => scoreTerm(name, score)),
    [fields.roomType]: tags.roomType?.name ?? null,
    [fields.roomScore]: tags.roomType?.score ?? null,
  };
}

/** A tag can occur several times, once for each box or model. Its score is the best of them. */
function bestScores(tags: readonly Tag[]): ReadonlyMap<string, number> {
  const best = new Map<string, number>();
  for (const { name, score } of tags) best.set(name, Math.max(score, best.get(name) ?? 0));
  return best;
}

/** Returns text such as `dining table|0.9312`. A bar in the name is replaced, because the bar separates the payload. */
function scoreTerm(name: string, score: number): string {
  return `${name.replaceAll('|', '¦')}|${Number(score.toFixed(4))}`;
}

/** Oldest first, so that the newer result is assigned last. Repeats of a result keep the order of the batch. */
function byVersion(entries: readonly IndexedRecord[]): readonly IndexedRecord[] {
  return [...entries].sort((a, b) => compareVersions(versionOf(a.record), versionOf(b.record)) || a.index - b.index);
}
