import { randomFrom } from '../../primitives/seeded-random.js';
import type { Family } from './family.js';
import { brokerFlaps } from './families/broker-flaps.js';
import { lakeLatePuts } from './families/lake-late-puts.js';
import { lakeOutage } from './families/lake-outage.js';
import { mixed } from './families/mixed.js';
import { sigterm } from './families/sigterm.js';
import type { Schedule } from './schedule.js';

/** All families. The first one is the default of `npm run chaos`. */
export const families: readonly Family[] = [mixed, brokerFlaps, lakeOutage, lakeLatePuts, sigterm];

export function familyNamed(name: string): Family | undefined {
  return families.find((family) => family.name === name);
}

export interface PlanOptions {
  readonly seed: number;
  /** Shorter waits and fewer records. Default: false. */
  readonly short?: boolean;
}

/** Returns the schedule with this number. The same seed and number give the same schedule. */
export function planSchedule(family: Family, number: number, { seed, short = false }: PlanOptions): Schedule {
  // 2^32 / golden ratio: neighbouring numbers give generators far apart.
  const random = randomFrom((seed + Math.imul(number, 0x9e3779b1)) | 0);
  return { number, family: family.name, ...family.plan({ number, seed, random, short }) };
}
