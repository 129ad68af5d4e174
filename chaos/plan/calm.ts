import type { Schedule } from './schedule.js';
import { everyRole } from './workers.js';

/**
 * The schedule before the others, without faults. Its findings are faults of the run itself. Models are loaded and
 * photos are in the output cache after it.
 */
export const calm: Schedule = {
  number: 0,
  family: 'calm',
  load: { kind: 'events', count: 40, perSecond: 20 },
  workers: everyRole,
  faults: [],
};
