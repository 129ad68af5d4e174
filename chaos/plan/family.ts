import type { Random } from '../../primitives/seeded-random.js';
import type { Schedule } from './schedule.js';

export interface Turn {
  /** Number of the schedule in its run, from 1. */
  readonly number: number;
  readonly seed: number;
  /** Drawn from the seed of the run and the number of the schedule. */
  readonly random: Random;
  /** Shorter waits and fewer records, for the tests. */
  readonly short: boolean;
}

/** Schedules of one kind. The same turn gives the same schedule. */
export interface Family {
  readonly name: string;
  /** One sentence for `--help` and the docs. */
  readonly about: string;
  plan(turn: Turn): Omit<Schedule, 'number' | 'family'>;
}
