import { between, fault } from '../draw.js';
import type { Family } from '../family.js';
import type { PlannedFault } from '../schedule.js';
import { everyRole } from '../workers.js';

/** A broker that freezes for longer than the session of its groups, a few times. */
export const brokerFlaps: Family = {
  name: 'broker-flaps',
  about: 'the broker freezes for 13 to 15 s, one to three times',
  plan({ random, short }) {
    const faults: PlannedFault[] = [];
    let atMs = between(random, 1_000, 3_000);
    for (let left = short ? 1 : between(random, 2, 3); left > 0; left -= 1) {
      const freeze = fault(random, 'freeze-broker', 'kafka', atMs);
      faults.push(freeze);
      atMs += freeze.lastsMs + between(random, 1_000, 8_000);
    }
    return { load: { kind: 'events', count: short ? 60 : 200, perSecond: 20 }, workers: everyRole, faults };
  },
};
