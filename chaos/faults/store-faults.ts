import type { PlannedFault } from '../plan/schedule.js';
import type { StoreMood } from '../stack/http-proxy.js';
import type { LinkMood } from '../stack/link.js';
import type { Injector } from './injector.js';

/** Longer than a short request takes, and shorter than its timeout. */
const slowMs = 600;

/** Sets the mood of the proxy in front of a store for the time of the fault. */
function moodFault(http: StoreMood, redis: LinkMood): Injector {
  return async ({ target, lastsMs }: PlannedFault, { stack, wait }) => {
    switch (target) {
      case 'redis':
      case 'redis-results':
        stack.redis[target].setMood(redis);
        await wait(lastsMs);
        return stack.redis[target].setMood({ kind: 'open' });
      case 'registry':
      case 's3':
      case 'solr':
        stack.http[target].setMood(http);
        await wait(lastsMs);
        return stack.http[target].setMood({ kind: 'well' });
      default:
        throw new Error(`${target} has no proxy with moods`);
    }
  };
}

/** Longer than the timeouts of sinks. */
const landLateMs = 6_000;

/** Ends once the last write has reached the store. */
export const landLate: Injector = async ({ target, lastsMs }, { stack, wait }) => {
  if (target !== 's3' && target !== 'solr') throw new Error(`${target} has no writes that land late`);
  stack.http[target].setMood({ kind: 'slow-writes', delayMs: landLateMs });
  await wait(lastsMs);
  stack.http[target].setMood({ kind: 'well' });
  await wait(landLateMs);
};

export const slowStore = moodFault({ kind: 'slow', delayMs: slowMs }, { kind: 'slow', delayMs: slowMs });
export const resettingStore = moodFault({ kind: 'reset' }, { kind: 'cut' });
export const lateStore = moodFault({ kind: 'late' }, { kind: 'held' });
/** Only for servers that speak HTTP. */
export const failingStore = (status: 500 | 503) => moodFault({ kind: 'status', status }, { kind: 'cut' });
