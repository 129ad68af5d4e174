import type { ImageTags } from '../../schemas/events.js';
import { pathSegment } from '../../adapters/stores/path-segment.js';
import { splitPipeline } from '../pipeline-name.js';
import { versionOf, type ResultVersion } from '../result-order.js';
import type { TagRecord } from '../sink.js';

/** One object to put. */
export interface ObjectPut {
  readonly key: string;
  /** JSON in UTF-8. */
  readonly body: Buffer;
  readonly contentType: string;
  /** User metadata: the version of the result, so that a later writer need not read the body. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** S3 allows 2 kB of user metadata. The version of a result with a longer id is in the body only. */
const maxIdBytes = 1_500;

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
    metadata: versionMetadata(versionOf(record)),
  };
}

/** Returns undefined if the metadata has no version that `versionMetadata` wrote. */
export function versionFrom(metadata: Readonly<Record<string, string>>): ResultVersion | undefined {
  const { 'event-time': eventTime = '', 'result-id': encoded = '' } = metadata;
  if (!/^-?\d+$/.test(eventTime) || !/^([\w.~!'()*-]|%[0-9A-F]{2})+$/.test(encoded)) return undefined;
  try {
    return { eventTime: Number(eventTime), id: decodeURIComponent(encoded) };
  } catch {
    return undefined; // the bytes are not UTF-8: another program wrote them
  }
}

function versionMetadata({ eventTime, id }: ResultVersion): Readonly<Record<string, string>> {
  // Values are ASCII. An id that is not valid Unicode is encoded as the store would keep it in the body.
  const encoded = encodeURIComponent(Buffer.from(id).toString());
  return encoded.length > maxIdBytes ? {} : { 'event-time': String(eventTime), 'result-id': encoded };
}
