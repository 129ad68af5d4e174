import { expect, it } from 'vitest';
import { openSlots } from '../../processes/pipeline-ports.js';
import { defaultLimits } from '../../gateway/limits.js';
import { lanes } from '../../topology/lanes.js';

/**
 * Places in flight of one client: half of the places of a gateway (gateway/admission/admission.ts). All of them may be
 * photos of a host that hangs.
 */
const placesOfClient = defaultLimits.imagesInFlight / 2;

it('the window of a realtime worker is larger than the places of one client', () => {
  expect(lanes.find(({ name }) => name === 'realtime')?.window).toBeGreaterThan(placesOfClient);
});

it('fetches from a host that hangs do not block other fetches', async () => {
  const { io } = openSlots(2);
  for (let photo = 0; photo < placesOfClient; photo += 1) void io(() => new Promise<never>(() => undefined), 0);
  expect(await io(() => Promise.resolve('begun'), 0)).toBe('begun');
});
