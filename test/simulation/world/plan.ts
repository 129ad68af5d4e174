import { randomFrom, type Random } from '../../../primitives/seeded-random.js';
import type { Fault } from './faults.js';
import { drawPhotos, type Photo } from './photos.js';
import { drawFaults } from './scenes.js';
import { drawSettings, type Settings } from './settings.js';

/** Everything that happens in a world, apart from the draws of latencies and losses. */
export interface Plan {
  readonly seed: number;
  readonly settings: Settings;
  readonly photos: readonly Photo[];
  readonly faults: readonly Fault[];
}

export function planOf(seed: number): Plan {
  const settings = drawSettings(randomOf(seed, 'settings'));
  return {
    seed,
    settings,
    photos: drawPhotos(randomOf(seed, 'photos'), settings.photos, settings.sendingMs),
    faults: drawFaults(randomOf(seed, 'faults'), settings),
  };
}

/** Returns the generator of one part of a world. A part that draws more changes no other part. */
export function randomOf(seed: number, part: string): Random {
  let mixed = seed | 0;
  for (let index = 0; index < part.length; index += 1)
    mixed = Math.imul(mixed ^ part.charCodeAt(index), 0x01000193) + 0x9e3779b9;
  return randomFrom(mixed);
}
