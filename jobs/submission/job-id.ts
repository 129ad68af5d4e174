import type { RandomHex } from '../../primitives/trace-context.js';
import { isJobId } from '../../schemas/jobs.js';

const timeDigits = 12;
const allDigits = 32;

/**
 * Returns 32 lower-case hex digits: 12 digits of the time, so that ids sort by age, then random digits that are hard
 * to guess.
 */
export function newJobId(now: number, randomHex: RandomHex): string {
  return `${now.toString(16).padStart(timeDigits, '0')}${randomHex(allDigits - timeDigits)}`;
}

/** Returns the time (epoch ms) at which the id was created; undefined for a text that is no job id. */
export function timeOfJobId(id: string): number | undefined {
  return isJobId(id) ? parseInt(id.slice(0, timeDigits), 16) : undefined;
}
