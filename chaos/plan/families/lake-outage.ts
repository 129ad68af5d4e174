import { oneOf } from '../draw.js';
import type { Family } from '../family.js';

/** The outage in which rows of the lake were lost: a worker leaves while no worker can write. */
export const lakeOutage: Family = {
  name: 'lake-outage',
  about: 'S3 is killed under three `sink-lake`, one of them leaves, and S3 comes back',
  plan({ random, short }) {
    const [downMs, leavesMs, backMs] = short ? [2_000, 3_000, 14_000] : [5_000, 10_000, 27_000];
    const perSecond = 20;
    return {
      load: { kind: 'results', count: ((downMs + leavesMs + backMs) / 1_000) * perSecond, perSecond },
      workers: { 'sink-lake': 3 },
      faults: [
        { act: 'crash', target: 's3', atMs: downMs, lastsMs: leavesMs + backMs },
        {
          act: oneOf(random, ['leave-by-kill', 'leave-by-signal']),
          target: 'sink-lake',
          atMs: downMs + leavesMs,
          lastsMs: 0,
        },
      ],
    };
  },
};
