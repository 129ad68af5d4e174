import type { ImageTags } from '../../schemas/events.js';
import { pathSegment } from '../../adapters/stores/path-segment.js';
import { splitPipeline } from '../pipeline-name.js';
import type { TagRecord } from '../sink.js';

/** One object to put. */
export interface ObjectPut {
  readonly key: string;
  /** JSON in UTF-8. */
  readonly body: Buffer;
  readonly contentType: string;
}

/**
 * Returns `<prefix><pipeline name>/<major version>/<listingId>/<imageId>.json`. A result replaces the earlier one of
 * the same pipeline. A new major version has its own tree, so the two can be compared.
 */
export function objectKey(
  prefix: string,
  { pipeline, listingId, imageId }: Pick<ImageTags, 'pipeline' | 'listingId' | 'imageId'>,
): string {
  const { name, major } = splitPipeline(pipeline);
  return `${prefix}${pathSegment(name)}/${pathSegment(major)}/${pathSegment(listingId)}/${pathSegment(imageId)}.json`;
}

/** Returns the whole tag result and its `id` as indented JSON. */
export function objectPut(prefix: string, record: TagRecord): ObjectPut {
  return {
    key: objectKey(prefix, record.value),
    body: Buffer.from(`${JSON.stringify({ id: record.id, ...record.value }, null, 2)}\n`),
    contentType: 'application/json',
  };
}
