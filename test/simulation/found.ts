import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from './world/plan.js';

const folder = join(import.meta.dirname, 'found');

/** A plan that has failed once. `npm test` runs it ever after. */
export interface Found extends Plan {
  /** What was wrong, and what mended it. */
  readonly note: string;
  /** Violations at that time. */
  readonly violations: readonly string[];
}

export function foundPlans(): readonly Found[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Found);
}

/** Returns the path of the file. */
export function saveFound(found: Found): string {
  const path = join(folder, `seed-${found.seed}.json`);
  writeFileSync(path, `${JSON.stringify(found, null, 1)}\n`);
  return path;
}
