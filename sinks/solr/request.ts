import type { ImageTags, Tag } from '../../schemas/events.js';
import type { IndexedRecord } from '../refuse-unusable.js';
import { pipelineFields } from './field-names.js';

/** What the index holds of one photo. */
export interface HeldPhoto {
  /** `_version_`, a 64-bit integer, as text: a JavaScript number would round it. */
  readonly version: string;
  /** Epoch milliseconds of the newest result of any pipeline. */
  readonly eventTime: number | undefined;
  /** Epoch milliseconds, by the name of a pipeline's own eventTime field. */
  readonly pipelineEventTimes: Readonly<Record<string, number>>;
}

type FieldValue = string | number | null | readonly string[];

/**
 * One document of an update request. A photo that the index holds gets atomic updates, `{ set: value }`, of the named
 * fields; a new one is sent whole, which costs Solr less and can overwrite nothing under version `-1`.
 */
export interface SolrUpdate {
  readonly id: string;
  /** The version that the photo must have for the update to be applied; `-1`: it must not exist. */
  readonly _version_: string;
  readonly [field: string]: FieldValue | { readonly set: FieldValue };
}

/**
 * One update per photo, from the newest result of each pipeline among `entries`; results that are older than what the
 * index holds of the same photo and pipeline are left out.
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

/** What is true of the photo, whichever pipeline said it last. */
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

/** A tag can stand several times, once per box or model; the photo shows it as surely as the best of them says. */
function bestScores(tags: readonly Tag[]): ReadonlyMap<string, number> {
  const best = new Map<string, number>();
  for (const { name, score } of tags) best.set(name, Math.max(score, best.get(name) ?? 0));
  return best;
}

/** `dining table|0.9312`. The bar parts term and payload, so that one inside a name has to give way. */
function scoreTerm(name: string, score: number): string {
  return `${name.replaceAll('|', '¦')}|${Number(score.toFixed(4))}`;
}

/** Oldest first, so that a later `Object.assign` is the newer result; the batch's order decides between equals. */
function byEventTime(entries: readonly IndexedRecord[]): readonly IndexedRecord[] {
  return [...entries].sort((a, b) => a.record.value.eventTime - b.record.value.eventTime || a.index - b.index);
}
