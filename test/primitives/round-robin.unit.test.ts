import { expect, it } from 'vitest';
import { createRoundRobin } from '../../primitives/round-robin.js';

it('round robin takes one item from each queue in turn, in FIFO order per queue', () => {
  const turns = createRoundRobin<string>();
  turns.push(1, ['a1', 'a2', 'a3', 'a4']);
  turns.push(2, ['b1', 'b2']);
  expect([turns.take(), turns.take()]).toEqual(['a1', 'b1']);
  turns.push(3, ['c1']);
  turns.push(1, ['a5']);
  expect([turns.waiting(1), turns.waiting(2), turns.waiting(4)]).toEqual([4, 1, 0]);
  expect(turns.peek()).toBe('a2');
  const rest = [];
  for (let item = turns.take(); item !== undefined; item = turns.take()) rest.push(item);
  expect(rest).toEqual(['a2', 'b2', 'c1', 'a3', 'a4', 'a5']);
  expect(turns.peek()).toBeUndefined();
});

it('round robin drops all items on clear', () => {
  const turns = createRoundRobin<string>();
  turns.push(1, ['a']);
  turns.clear();
  expect([turns.take(), turns.waiting(1)]).toEqual([undefined, 0]);
});
