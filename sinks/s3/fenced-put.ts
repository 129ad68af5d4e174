import { unlessPresent, type ConditionalWrites } from '../../adapters/stores/conditional-writes.js';
import { unavailable } from '../../adapters/stores/failures.js';
import { compareVersions, type ResultVersion } from '../result-order.js';
import type { ObjectPut } from './request.js';
import type { S3Service } from './service.js';

/** Upper bound of attempts to replace an object that other writers change at the same moment. */
const maxAttempts = 6;

/**
 * Puts the object unless the store holds a newer result. The first attempt assumes that there is no object: most photos
 * are new, and then one request is enough.
 *
 * If the store lacks conditional puts, it reads before each put. A put between the two is then overwritten.
 */
export async function putUnlessOlder(
  service: S3Service,
  { object, version, store }: { object: ObjectPut; version: ResultVersion; store: ConditionalWrites },
  signal?: AbortSignal,
): Promise<void> {
  for (let attempt = store.create ? 0 : 1; attempt < maxAttempts; attempt += 1) {
    const held = attempt === 0 ? undefined : await service.held(object.key, signal);
    if (held?.version !== undefined && compareVersions(held.version, version) > 0) return;
    const unlessChanged = held === undefined ? unlessPresent : store.replace ? { IfMatch: held.etag } : {};
    if (await service.put(object, store.create ? unlessChanged : {}, signal)) return;
  }
  throw unavailable('the bucket', `lets other writers change ${object.key} again and again`);
}
