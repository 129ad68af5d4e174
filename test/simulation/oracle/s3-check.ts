import { objectKey } from '../../../sinks/s3/request.js';
import { resultsBucket } from '../stores/sinks.js';
import type { S3Objects } from '../stores/s3-objects.js';
import { isNewer, newestByPhoto, type Result } from './results.js';
import type { StoreCheck } from './store-check.js';

const prefix = 'tags/';
type Held = Pick<Result, 'id' | 'value'>;
const parsed = new WeakMap<Buffer, Held>();

/** One object for each photo and pipeline, with the newest result. */
export function createS3Check(objects: S3Objects): StoreCheck {
  function held(key: string): Held | undefined {
    const object = objects.get(resultsBucket, key);
    if (object === undefined) return undefined;
    const known = parsed.get(object.body);
    if (known) return known;
    const value = JSON.parse(object.body.toString()) as Result['value'] & { readonly id: string };
    const found = { id: value.id, value };
    parsed.set(object.body, found);
    return found;
  }

  return {
    has(result) {
      const stored = held(objectKey(prefix, result.value));
      return stored !== undefined && !isNewer(result, stored);
    },
    differences(results) {
      const keys = new Set<string>();
      const found: string[] = [];
      for (const { id, value } of newestByPhoto(results).values()) {
        const key = objectKey(prefix, value);
        keys.add(key);
        const stored = held(key);
        if (stored === undefined) found.push(`S3 lacks ${key}`);
        else if (stored.id !== id || stored.value.eventTime !== value.eventTime)
          found.push(`S3 holds ${stored.id} of ${stored.value.eventTime} in ${key}, not ${id} of ${value.eventTime}`);
      }
      const extra = objects.keys(resultsBucket).filter((key) => key.endsWith('.json') && !keys.has(key));
      return [...found, ...extra.map((key) => `S3 has ${key}, which no result names`)];
    },
  };
}
