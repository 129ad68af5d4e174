import { expect, it } from 'vitest';
import { openSlots } from '../../processes/pipeline-ports.js';
import { defaultLimits } from '../../gateway/limits.js';
import { lanes } from '../../topology/lanes.js';

/**
 * A client gets half of the places of a gateway (gateway/admission/admission.ts), and may ask for photos of a host that
 * hangs with all of them.
 */
const ofOneClient = defaultLimits.imagesInFlight / 2;

it('a worker of the realtime lane holds more than the photos of one client', () => {
  expect(lanes.find(({ name }) => name === 'realtime')?.window).toBeGreaterThan(ofOneClient);
});

it('fetches that hang keep no other fetch from beginning', async () => {
  const { io } = openSlots(2);
  for (let photo = 0; photo < ofOneClient; photo += 1) void io(() => new Promise<never>(() => undefined), 0);
  expect(await io(() => Promise.resolve('begun'), 0)).toBe('begun');
});
