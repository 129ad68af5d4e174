import type { Random } from '../../primitives/seeded-random.js';
import { acts, type ActName } from './acts.js';
import type { PlannedFault } from './schedule.js';
import type { Target } from './targets.js';

/** Returns a whole number from `from` to `to`, both inclusive. */
export function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** Returns one of the items, of which there must be one. */
export function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  return items[between(random, 0, items.length - 1)] as Item;
}

/** Returns the items in random order (Fisher and Yates). */
export function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = between(random, 0, last);
    [order[last], order[other]] = [order[other] as Item, order[last] as Item];
  }
  return order;
}

/** Returns a fault that begins at the time (ms) and lasts as long as its act may. */
export function fault(random: Random, act: ActName, target: Target, atMs: number): PlannedFault {
  const [shortest, longest] = acts[act].lastsMs;
  return { act, target, atMs, lastsMs: between(random, shortest, longest) };
}
