import { readdirSync, readFileSync } from 'node:fs';
import { randomOf } from './overlay_drawing.js';

interface Choice {
  readonly seed: number;
  /** First position in the order of the seed. */
  readonly from: number;
  readonly count: number;
  /** File with the names of excluded photos, one per line. */
  readonly except?: string | undefined;
}

/** Returns names of photos of the folder, in an order that depends on the seed. Throws if none is left. */
export function shuffledPhotos(dir: string, { seed, from, count, except }: Choice): string[] {
  const left = new Set(except === undefined ? [] : readFileSync(except, 'utf8').split(/\r?\n/));
  const order = randomOf(seed);
  const names = readdirSync(dir)
    .filter((name) => /[.](?:jpe?g|png|webp)$/i.test(name))
    .sort()
    .map((name) => ({ name, at: order() }))
    .sort((a, b) => a.at - b.at)
    .slice(from)
    .map(({ name }) => name)
    .filter((name) => !left.has(name))
    .slice(0, count);
  if (names.length === 0) throw new Error(`No photo of ${dir} is left.`);
  return names;
}
