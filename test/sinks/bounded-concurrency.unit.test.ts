import { expect, test } from 'vitest';
import { forEachBounded } from '../../sinks/bounded-concurrency.js';

test('forEachBounded runs every task, with at most the limit in flight', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await forEachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    done.push(item);
    running -= 1;
  });
  expect({ most, done }).toEqual({ most: 3, done: [1, 2, 3, 4, 5, 6, 7] });
});

test('forEachBounded starts no task after a failure, and throws it once the running tasks have ended', async () => {
  const ended: number[] = [];
  const failure = new Error('third');
  const all = forEachBounded([1, 2, 3, 4, 5, 6], 2, async (item) => {
    await Promise.resolve();
    if (item === 3) throw failure;
    await Promise.resolve();
    ended.push(item);
  });
  await expect(all).rejects.toBe(failure);
  expect(ended).toEqual([1, 2, 4]);
});
