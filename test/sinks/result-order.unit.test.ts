import { expect, test } from 'vitest';
import { compareVersions } from '../../sinks/result-order.js';

test.each([
  { name: 'an earlier time', one: [1, 'b'], other: [2, 'a'], order: -1 },
  { name: 'a later time', one: [2, 'a'], other: [1, 'b'], order: 1 },
  { name: 'the same time and a lesser id', one: [1, 'a'], other: [1, 'b'], order: -1 },
  { name: 'the same time and a longer id', one: [1, 'ab'], other: [1, 'a'], order: 1 },
  { name: 'the same time and an upper-case id', one: [1, 'B'], other: [1, 'a'], order: -1 },
  { name: 'the same time and an id outside the basic plane', one: [1, '\u{1F3E0}'], other: [1, '\uFF5E'], order: 1 },
  { name: 'the same result', one: [1, 'a'], other: [1, 'a'], order: 0 },
] as const)('orders a result with $name', ({ one, other, order }) => {
  const version = ([eventTime, id]: readonly [number, string]) => ({ eventTime, id });
  expect(Math.sign(compareVersions(version(one), version(other)))).toBe(order);
});
