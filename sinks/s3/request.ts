import type { ImageTags } from '../../schemas/events.js';
import { pathSegment } from '../../adapters/stores/path-segment.js';
import { splitPipeline } from '../pipeline-name.js';
import type { TagRecord } from '../sink.js';

/** One object to put. */
export interface ObjectPut {
  readonly key: string;
  /** UTF-8. */
  readonly body: Buffer;
  readonly contentType: string;
}

/**
 * `<prefix><pipeline name>/<major version>/<listingId>/<imageId>.json`: a result of the same pipeline replaces the one
 * before, and a new major version gets its own tree, so that two can be compared.
 */
export function objectKey(
  prefix: string,
  { pipeline, listingId, imageId }: Pick<ImageTags, 'pipeline' | 'listingId' | 'imageId'>,
): string {
  const { name, major } = splitPipeline(pipeline);
  return `${prefix}${pathSegment(name)}/${pathSegment(major)}/${pathSegment(listingId)}/${pathSegment(imageId)}.json`;
}

/** The whole tag result and its `id`, as JSON that a person can read. */
export function objectPut(prefix: string, record: TagRecord): ObjectPut {
  return {
    key: objectKey(prefix, record.value),
    body: Buffer.from(`${JSON.stringify({ id: record.id, ...record.value }, null, 2)}\n`),
    contentType: 'application/json',
  };
}
