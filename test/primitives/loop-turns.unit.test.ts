import { describe, expect, it } from 'vitest';
import { LoopTurns } from '../../primitives/loop-turns.js';

/** An event loop that turns when the test says so. */
function manualLoop() {
  let tasks: (() => void)[] = [];
  return {
    defer: (task: () => void) => void tasks.push(task),
    async turn() {
      const due = tasks;
      tasks = [];
      for (const task of due) task();
      await new Promise((resolve) => setImmediate(resolve));
    },
    get isIdle() {
      return tasks.length === 0;
    },
  };
}

describe('LoopTurns', () => {
  it('lets one piece pass in each turn of the loop', async () => {
    const loop = manualLoop();
    const turns = new LoopTurns(loop.defer);
    const passed: number[] = [];
    for (const job of [1, 2, 3]) void turns.take(0).then(() => passed.push(job));
    await Promise.resolve();
    const seen = [[...passed]];
    for (let turn = 0; turn < 2; turn += 1) {
      await loop.turn();
      seen.push([...passed]);
    }
    expect(seen).toEqual([[1], [1, 2], [1, 2, 3]]);
  });

  it('lets the job that has had least go first, and equal ones in the order of their arrival', async () => {
    const loop = manualLoop();
    const turns = new LoopTurns(loop.defer);
    const passed: string[] = [];
    const jobs: [string, number][] = [['first', 0], ['large', 900], ['middle', 50], ['small', 0], ['other middle', 50]];
    for (const [name, attained] of jobs) void turns.take(attained).then(() => passed.push(name));
    for (let turn = 0; turn < jobs.length; turn += 1) await loop.turn();
    expect(passed).toEqual(['first', 'small', 'middle', 'other middle', 'large']);
  });

  it('leaves no task behind when nothing waits', async () => {
    const loop = manualLoop();
    const turns = new LoopTurns(loop.defer);
    await turns.take(0);
    await loop.turn();
    expect(loop.isIdle).toBe(true);
    await turns.take(0); // the loop is free again
  });
});
