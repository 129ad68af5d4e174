import { expect, it } from 'vitest';
import { createDownstream } from '../../../runtime/shares/downstream.js';

it('the gate is open for a backlog of up to 256 records, however slow the later groups are', () => {
  const downstream = createDownstream();
  expect(downstream.open).toBe(true);
  downstream.observe({ at: 0, waiting: 256, finished: 0 });
  expect(downstream.open).toBe(true);
  downstream.observe({ at: 500, waiting: 257, finished: 0 });
  expect(downstream.open).toBe(false);
  downstream.observe({ at: 1_000, waiting: 255, finished: 2 });
  expect(downstream.open).toBe(true);
});

it('the gate is open for the backlog that fast groups drain in five seconds', () => {
  const downstream = createDownstream();
  // The groups finish 1,000 records a second, for long enough that the average reaches this rate.
  for (let at = 0; at <= 20_000; at += 500) downstream.observe({ at, waiting: 0, finished: at });
  downstream.observe({ at: 20_500, waiting: 4_900, finished: 20_500 });
  expect(downstream.open).toBe(true);
  downstream.observe({ at: 21_000, waiting: 5_100, finished: 21_000 });
  expect(downstream.open).toBe(false);
});

it('the gate closes when the later groups become slow', () => {
  const downstream = createDownstream();
  for (let at = 0; at <= 20_000; at += 500) downstream.observe({ at, waiting: 4_000, finished: at });
  expect(downstream.open).toBe(true);
  for (let at = 20_500; at <= 30_000; at += 500) downstream.observe({ at, waiting: 4_000, finished: 20_000 });
  expect(downstream.open).toBe(false);
});
