import { randomFrom } from '../../../primitives/seeded-random.js';
import { actNames, acts } from '../acts.js';
import { between, fault, shuffled } from '../draw.js';
import type { Family } from '../family.js';
import { everyRole } from '../workers.js';

const perSchedule = 3;
/** All pairs of a fault and what it can hit. */
const pairs = actNames.flatMap((act) => acts[act].targets.map((target) => ({ act, target })));
type Pair = (typeof pairs)[number];

/**
 * Three faults on different targets at once. They are dealt from a shuffled deck of all pairs, so that about a third as
 * many schedules as there are pairs meet each of them.
 */
export const mixed: Family = {
  name: 'mixed',
  about: 'three faults of any kind, on three different roles or servers',
  plan({ seed, number, random, short }) {
    const hand = handOf(seed, number - 1);
    return {
      load: { kind: 'events', count: short ? 60 : 120, perSecond: 25 },
      workers: everyRole,
      faults: hand.map(({ act, target }) => fault(random, act, target, between(random, 500, 4_500))),
    };
  },
};

/** Returns the hand with this index, from 0. The next deck is shuffled once all hands of a deck are dealt. */
function handOf(seed: number, index: number): readonly Pair[] {
  const hands = dealHands(shuffled(randomFrom(seed), pairs));
  return hands[index] ?? handOf(seed + 1, index - hands.length);
}

/** Deals the whole deck. A hand takes the first pairs with different targets. */
function dealHands(deck: readonly Pair[]): readonly (readonly Pair[])[] {
  const hands: Pair[][] = [];
  for (let rest = deck; rest.length > 0;) {
    const hand: Pair[] = [];
    for (const pair of rest)
      if (hand.length < perSchedule && hand.every(({ target }) => target !== pair.target)) hand.push(pair);
    hands.push(hand);
    rest = rest.filter((pair) => !hand.includes(pair));
  }
  return hands;
}
