import { expect, it } from 'vitest';
import { RateBound } from '../../processes/rate-bound.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';

it('RateBound passes a limited number of calls per window, and counts the calls held back', () => {
  const clock = createManualClock();
  const bound = new RateBound({ clock, count: 2, windowMs: 1_000 });
  const pass = (times: number) => Array.from({ length: times }, () => bound.pass());
  expect(pass(5)).toEqual([0, 0, undefined, undefined, undefined]);
  clock.advance(999);
  expect(pass(1)).toEqual([undefined]);
  clock.advance(1);
  expect(pass(3)).toEqual([4, 0, undefined]);
});
