import { storeResult } from '../../../sinks/redis/request.js';
import type { RedisPhotos } from '../stores/redis-photos.js';
import { newestByPhoto, isNewer, recordOf, type Result } from './results.js';
import type { StoreCheck } from './store-check.js';

const prefix = 'fl:';

/** One hash for each photo, with the newest result, and exactly the sets that this result names. */
export function createRedisCheck(photos: RedisPhotos): StoreCheck {
  function held(imageId: string): Pick<Result, 'id' | 'value'> | undefined {
    const result = photos.hashes.get(`${prefix}photo:${imageId}`)?.get('result:sim-photo');
    if (result === undefined) return undefined;
    const value = JSON.parse(result) as Result['value'] & { readonly id: string };
    return { id: value.id, value };
  }

  return {
    has(result) {
      const stored = held(result.value.imageId);
      return stored !== undefined && !isNewer(result, stored);
    },
    differences(results) {
      const found: string[] = [];
      const wanted = new Set<string>();
      for (const [imageId, newest] of newestByPhoto(results)) {
        const stored = held(imageId);
        if (stored?.id !== newest.id || stored.value.eventTime !== newest.value.eventTime)
          found.push(`Redis holds ${stored?.id} of ${stored?.value.eventTime} for ${imageId}, not ${newest.id}`);
        const { args } = storeResult(prefix, recordOf(newest));
        for (const set of JSON.parse(args[5] ?? '[]') as string[]) wanted.add(`${prefix}${set} has ${imageId}`);
      }
      const present = [...photos.sets].flatMap(([set, members]) =>
        [...members].map((member) => `${set} has ${member}`),
      );
      for (const member of present)
        if (!wanted.delete(member)) found.push(`Redis: ${member}, which no newest result says`);
      return [...found, ...[...wanted].map((member) => `Redis lacks: ${member}`)];
    },
  };
}
