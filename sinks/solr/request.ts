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
type AtomicSet = { readonly set: FieldValue };

/** One document of an update request: `id` and `_version_` are plain, every other field is set atomically. */
export interface SolrUpdate {
  readonly id: string;
  /** The version that the photo must have for the update to be applied; `-1`: it must not exist. */
  readonly _version_: string;
  readonly [field: string]: string | AtomicSet;
}

/**
 * One update per photo, from the newest result of each pipeline among `entries`; results that are older than what the
 * index holds of the same photo and pipeline are left out.
 */
export function solrUpdates(
  entries: readonly IndexedRecord[],
  held: ReadonlyMap<string, HeldPhoto>,
): readonly SolrUpdate[] {
  const updates = new Map<string, Record<string, string | AtomicSet> & SolrUpdate>();
  for (const { record } of byEventTime(entries)) {
    const { tags } = record;
    const known = held.get(tags.imageId);
    const fields = pipelineFields(tags.pipeline);
    if (tags.eventTime < (known?.pipelineEventTimes[fields.eventTime] ?? -Infinity)) continue;
    const update = updates.get(tags.imageId) ?? { id: tags.imageId, _version_: known?.version ?? '-1' };
    Object.assign(update, pipelineUpdate(tags));
    if (tags.eventTime >= (known?.eventTime ?? -Infinity)) Object.assign(update, photoUpdate(tags));
    updates.set(tags.imageId, update);
  }
  return [...updates.values()];
}

/** What is true of the photo, whichever pipeline said it last. */
function photoUpdate(tags: ImageTags): Record<string, AtomicSet> {
  return {
    listingId: { set: tags.listingId },
    url: { set: tags.url },
    contentSha256: { set: tags.contentSha256 },
    format: { set: tags.format },
    width: { set: tags.width },
    height: { set: tags.height },
    eventTime: { set: new Date(tags.eventTime).toISOString() },
    taggedAt: { set: new Date(tags.taggedAt).toISOString() },
  };
}

function pipelineUpdate(tags: ImageTags): Record<string, AtomicSet> {
  const fields = pipelineFields(tags.pipeline);
  const best = bestScores(tags.tags);
  return {
    [fields.pipeline]: { set: tags.pipeline },
    [fields.eventTime]: { set: new Date(tags.eventTime).toISOString() },
    [fields.models]: { set: tags.models },
    [fields.tags]: { set: [...best.keys()] },
    [fields.scores]: { set: [...best].map(([name, score]) => scoreTerm(name, score)) },
    [fields.roomType]: { set: tags.roomType?.name ?? null },
    [fields.roomScore]: { set: tags.roomType?.score ?? null },
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
  return [...entries].sort((a, b) => a.record.tags.eventTime - b.record.tags.eventTime || a.index - b.index);
}
