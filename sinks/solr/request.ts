import type { ImageTags, Tag } from '../../schemas/events.js';
import type { IndexedRecord } from '../unusable-records.js';
import { pipelineFields } from './field-names.js';

/** The part of a photo in the index that a write depends on. */
export interface HeldPhoto {
  /** `_version_`: a 64-bit integer as text, because a JavaScript number would round it. */
  readonly version: string;
  /** Epoch milliseconds of the newest result of any pipeline. */
  readonly eventTime: number | undefined;
  /** Event time of each pipeline (epoch ms), by the name of the pipeline's eventTime field. */
  readonly pipelineEventTimes: Readonly<Record<string, number>>;
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
  for (const { record } of byEventTime(entries)) {
    const { value: tags } = record;
    const known = held.get(tags.imageId);
    if (tags.eventTime < (known?.pipelineEventTimes[pipelineFields(tags.pipeline).eventTime] ?? -Infinity)) continue;
    const fields = changes.get(tags.imageId) ?? {};
    Object.assign(fields, pipelineUpdate(tags));
    if (tags.eventTime >= (known?.eventTime ?? -Infinity)) Object.assign(fields, photoUpdate(tags));
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

/** Fields of the photo itself, from the newest result of any pipeline. */
function photoUpdate(tags: ImageTags): Record<string, FieldValue> {
  return {
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

function pipelineUpdate(tags: ImageTags): Record<string, FieldValue> {
  const fields = pipelineFields(tags.pipeline);
  const best = bestScores(tags.tags);
  return {
    [fields.pipeline]: tags.pipeline,
    [fields.eventTime]: new Date(tags.eventTime).toISOString(),
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

/** Oldest first, so that the newer result is assigned last. Results of the same time keep the order of the batch. */
function byEventTime(entries: readonly IndexedRecord[]): readonly IndexedRecord[] {
  return [...entries].sort((a, b) => a.record.value.eventTime - b.record.value.eventTime || a.index - b.index);
}
