import { expect, it } from 'vitest';
import { createDownstream } from '../../runtime/shares/downstream.js';

it('lets in a few hundred records, whatever is done with them', () => {
  const downstream = createDownstream();
  expect(downstream.open).toBe(true);
  downstream.observe({ at: 0, waiting: 256, finished: 0 });
  expect(downstream.open).toBe(true);
  downstream.observe({ at: 500, waiting: 257, finished: 0 });
  expect(downstream.open).toBe(false);
  downstream.observe({ at: 1_000, waiting: 255, finished: 2 });
  expect(downstream.open).toBe(true);
});

it('lets in as much as fast groups do in five seconds', () => {
  const downstream = createDownstream();
  // 1,000 a second, for long enough that the rate is known.
  for (let at = 0; at <= 20_000; at += 500) downstream.observe({ at, waiting: 0, finished: at });
  downstream.observe({ at: 20_500, waiting: 4_900, finished: 20_500 });
  expect(downstream.open).toBe(true);
  downstream.observe({ at: 21_000, waiting: 5_100, finished: 21_000 });
  expect(downstream.open).toBe(false);
});

it('lets in less when they become slow', () => {
  const downstream = createDownstream();
  for (let at = 0; at <= 20_000; at += 500) downstream.observe({ at, waiting: 4_000, finished: at });
  expect(downstream.open).toBe(true);
  for (let at = 20_500; at <= 30_000; at += 500) downstream.observe({ at, waiting: 4_000, finished: 20_000 });
  expect(downstream.open).toBe(false);
});
