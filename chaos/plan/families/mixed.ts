import { randomFrom } from '../../../primitives/seeded-random.js';
import { actNames, acts } from '../acts.js';
import { between, fault, shuffled } from '../draw.js';
import type { Family, Turn } from '../family.js';
import { everyRole } from '../workers.js';

const perSchedule = 3;
/** All pairs of a fault and what it can hit. */
const pairs = actNames.flatMap((act) => acts[act].targets.map((target) => ({ act, target })));

/**
 * Three faults of different targets at once. They are dealt from one shuffled deck of all pairs, so that a third as
 * many schedules as there are pairs meets each of them.
 */
export const mixed: Family = {
  name: 'mixed',
  about: 'three faults of any kind, on three different roles or servers',
  plan(turn) {
    const { random, short } = turn;
    const faults = dealt(turn).map(({ act, target }) => fault(random, act, target, between(random, 500, 4_500)));
    return { load: { kind: 'events', count: short ? 60 : 120, perSecond: 25 }, workers: everyRole, faults };
  },
};

function dealt({ seed, number }: Turn): readonly (typeof pairs)[number][] {
  const first = (number - 1) * perSchedule;
  const deck = shuffled(randomFrom(seed + Math.floor(first / pairs.length)), pairs);
  const cards = Array.from(deck, (_, index) => deck[(first + index) % deck.length] as (typeof pairs)[number]);
  const targets = new Set<string>();
  const chosen = cards.filter(
    ({ target }) => !targets.has(target) && targets.size < perSchedule && targets.add(target),
  );
  return chosen;
}
