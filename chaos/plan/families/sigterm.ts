import { between, fault, oneOf, shuffled } from '../draw.js';
import type { ActName } from '../acts.js';
import type { Family } from '../family.js';
import type { PlannedFault } from '../schedule.js';
import { isRole, roleNames, type Target } from '../targets.js';
import { everyRole } from '../workers.js';

/** Troubles during which a process is told to end. A rebalance is a worker of the same role that joins or is killed. */
const troubles: readonly (readonly [ActName, Target])[] = [
  ['freeze-broker', 'kafka'],
  ['crash', 'kafka'],
  ['crash', 's3'],
  ['freeze-server', 's3'],
  ['refuse', 'solr'],
  ['freeze-server', 'redis'],
  ['late', 'redis-results'],
  ['crash', 'registry'],
  ['refuse', 'registry'],
  ['join', 'sink-lake'],
  ['kill', 'fetch'],
];
/** Moments at which processes get SIGTERM in one schedule. */
const moments = 5;

/** Five processes get SIGTERM during one trouble, one of them while it starts. */
export const sigterm: Family = {
  name: 'sigterm',
  about: 'five processes get SIGTERM while a server is in trouble, a group rebalances, or they start',
  plan({ number, random, short }) {
    const [act, target] = troubles[(number - 1) % troubles.length] as (typeof troubles)[number];
    const trouble = { ...fault(random, act, target, 1_500), ...(act === 'crash' ? { lastsMs: 9_000 } : {}) };
    const roles = shuffled(random, roleNames).slice(0, moments);
    // The process that rebalances its group is one of those that end.
    if (isRole(target) && !roles.includes(target)) roles[0] = target;
    const starting = oneOf(
      random,
      roles.filter((role) => role !== target),
    );
    const ends = roles.map((role): PlannedFault => {
      const atMs = between(random, 1_700, 8_000);
      return role === starting
        ? fault(random, 'terminate-at-start', role, atMs)
        : fault(random, 'terminate', role, atMs);
    });
    return {
      load: { kind: 'events', count: short ? 40 : 100, perSecond: 20 },
      workers: everyRole,
      faults: [trouble, ...ends],
    };
  },
};
