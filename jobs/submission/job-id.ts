import type { RandomHex } from '../../primitives/trace-context.js';
import { isJobId } from '../../schemas/jobs.js';

const timeDigits = 12;
const allDigits = 32;

/** 32 lower-case hex digits: 12 of the time, so that ids sort by it, then random ones that nobody can guess. */
export function newJobId(now: number, randomHex: RandomHex): string {
  return `${now.toString(16).padStart(timeDigits, '0')}${randomHex(allDigits - timeDigits)}`;
}

/** When the id was made, epoch milliseconds; undefined for what is no id of a job. */
export function timeOfJobId(id: string): number | undefined {
  return isJobId(id) ? parseInt(id.slice(0, timeDigits), 16) : undefined;
}
