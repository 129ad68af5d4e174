import { unlessPresent, type ConditionalWrites } from '../../adapters/stores/conditional-writes.js';
import { unavailable } from '../../adapters/stores/failures.js';
import { compareVersions, type ResultVersion } from '../result-order.js';
import type { ObjectPut } from './request.js';
import type { S3Service } from './service.js';

/** Upper bound of attempts to replace an object that other writers change at the same moment. */
const maxAttempts = 6;

export interface FencedPut {
  readonly object: ObjectPut;
  readonly version: ResultVersion;
  readonly store: ConditionalWrites;
  /** Whether there probably is an object. A wrong guess costs one request more. */
  readonly expected: boolean;
}

/**
 * Puts the object unless the store holds a newer result. Returns whether there was an object.
 *
 * If no object is expected, it creates one without a look: that is one request. If the store lacks conditional puts, it
 * looks before each put. A put between the two is then overwritten.
 */
export async function putUnlessOlder(
  service: S3Service,
  { object, version, store, expected }: FencedPut,
  signal?: AbortSignal,
): Promise<boolean> {
  for (let attempt = store.create && !expected ? 0 : 1; attempt < maxAttempts; attempt += 1) {
    const held = attempt === 0 ? undefined : await service.held(object.key, signal);
    if (held?.version !== undefined && compareVersions(held.version, version) > 0) return true;
    const unlessChanged = held === undefined ? unlessPresent : store.replace ? { IfMatch: held.etag } : {};
    if (await service.put(object, store.create ? unlessChanged : {}, signal)) return held !== undefined;
  }
  throw unavailable('the bucket', `lets other writers change ${object.key} again and again`);
}
