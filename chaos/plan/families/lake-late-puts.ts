import { between, oneOf } from '../draw.js';
import type { Family } from '../family.js';

/** A former owner of a partition writes last: its put lands after its successor has written and committed. */
export const lakeLatePuts: Family = {
  name: 'lake-late-puts',
  about: 'puts reach S3 6 s after they were sent, while one of three `sink-lake` leaves or freezes',
  plan({ random }) {
    const atMs = between(random, 2_000, 4_000);
    const lateness = { act: 'land-late', target: 's3', atMs, lastsMs: between(random, 8_000, 14_000) } as const;
    const leaving = oneOf(random, ['leave-by-kill', 'leave-by-signal', 'freeze'] as const);
    const leavesMs = atMs + between(random, 500, 6_000);
    const lastsMs = leaving === 'freeze' ? between(random, 11_000, 13_000) : 0;
    return {
      load: { kind: 'results', count: 400, perSecond: 20 },
      workers: { 'sink-lake': 3 },
      faults: [lateness, { act: leaving, target: 'sink-lake', atMs: leavesMs, lastsMs }],
    };
  },
};
