import type { Clock } from '../../primitives/clock.js';
import type { ImageTags } from '../../schemas/events.js';
import { refuseUnusable } from '../unusable-records.js';
import type { Rejection, Sink, TagRecord } from '../sink.js';
import type { RedisSinkConfig } from './config.js';
import { storeResult } from './request.js';
import { createRedisService } from './service.js';

export interface RedisSinkDependencies {
  readonly clock: Clock;
}

/**
 * Writes a hash for each photo, and sets of photos for each tag, room type and listing. It never overwrites a newer
 * result.
 */
export function createRedisSink(config: RedisSinkConfig, { clock }: RedisSinkDependencies): Sink<ImageTags> {
  const service = createRedisService(config, clock);

  async function writeToRedis(batch: readonly TagRecord[], signal?: AbortSignal): Promise<readonly Rejection[]> {
    const { writable, rejections } = refuseUnusable('sink redis', batch);
    if (writable.length === 0) return rejections;
    const calls = writable.map(({ record }) => storeResult(config.prefix, record));
    const refusals = await service.run(calls, signal);
    const refused = writable.flatMap(({ index }, position) => {
      const error = refusals[position];
      return error === undefined ? [] : [{ index, error }];
    });
    return [...rejections, ...refused];
  }

  return {
    name: 'redis',
    batch: { maxRecords: config.maxRecords, maxDelayMs: config.maxDelayMs },
    open: service.open,
    write: writeToRedis,
    close: service.close,
  };
}
