import type { ImageTags } from '../../schemas/events.js';
import { splitPipeline } from '../pipeline-name.js';
import type { TagRecord } from '../sink.js';

/** Arguments of `storeResultScript`. */
export interface ScriptCall {
  readonly key: string;
  readonly args: readonly string[];
}

export function storeResult(prefix: string, record: TagRecord): ScriptCall {
  const { value: tags } = record;
  return {
    key: `${prefix}photo:${tags.imageId}`,
    args: [
      prefix,
      tags.imageId,
      splitPipeline(tags.pipeline).name,
      String(tags.eventTime),
      record.id,
      JSON.stringify(setsOf(tags)),
      JSON.stringify(resultOf(record)),
      ...photoFields(tags),
    ],
  };
}

/** The sets that the photo belongs to, without the prefix. */
function setsOf(tags: ImageTags): readonly string[] {
  const names = new Set(tags.tags.map(({ name }) => `tag:${name}`));
  if (tags.roomType !== null) names.add(`room:${tags.roomType.name}`);
  return [...names, `listing:${tags.listingId}`];
}

/** The result of one pipeline for the photo. */
function resultOf({ id, value: tags }: TagRecord): object {
  const { pipeline, roomType, models, eventTime, taggedAt, attributes } = tags;
  return { id, pipeline, roomType, tags: tags.tags, models, eventTime, taggedAt, attributes };
}

/** Fields of the photo itself, which the newest result of any pipeline sets. An absent URL is the empty text. */
function photoFields(tags: ImageTags): readonly string[] {
  const { listingId, url, contentSha256, format, width, height, eventTime, taggedAt } = tags;
  const fields = { listingId, url: url ?? '', contentSha256, format, width, height, eventTime, taggedAt };
  return Object.entries(fields).flatMap(([name, value]) => [name, String(value)]);
}
