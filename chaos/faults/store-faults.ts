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

export const slowStore = moodFault({ kind: 'slow', delayMs: slowMs }, { kind: 'slow', delayMs: slowMs });
export const resettingStore = moodFault({ kind: 'reset' }, { kind: 'cut' });
export const lateStore = moodFault({ kind: 'late' }, { kind: 'held' });
/** Only for servers that speak HTTP. */
export const failingStore = (status: 500 | 503) => moodFault({ kind: 'status', status }, { kind: 'cut' });
