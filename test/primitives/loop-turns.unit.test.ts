import { describe, expect, it } from 'vitest';
import { LoopTurns } from '../../primitives/loop-turns.js';

/** A manual event loop, and work that takes a given time. */
function manualLoop(sliceMs = 5) {
  let tasks: (() => void)[] = [];
  let now = 0;
  const done: string[] = [];
  const turns = new LoopTurns({ defer: (task) => void tasks.push(task), now: () => now, sliceMs });
  return {
    done,
    turns,
    add: (name: string, attained: number, tookMs = 10) =>
      turns.run(attained, () => {
        now += tookMs;
        done.push(name);
        return name;
      }),
    turn() {
      const due = tasks;
      tasks = [];
      for (const task of due) task();
    },
    get isIdle() {
      return tasks.length === 0;
    },
  };
}

describe('LoopTurns', () => {
  it('runs one long piece per turn of the loop', async () => {
    const loop = manualLoop();
    const results = Promise.all([loop.add('a', 0), loop.add('b', 0), loop.add('c', 0)]);
    const seen: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      loop.turn();
      seen.push(loop.done.join(''));
    }
    expect(seen).toEqual(['a', 'ab', 'abc']);
    expect(await results).toEqual(['a', 'b', 'c']);
  });

  it('runs short pieces until the slice is over', () => {
    const loop = manualLoop(5);
    for (const name of ['a', 'b', 'c', 'd']) void loop.add(name, 0, 2);
    loop.turn();
    expect(loop.done.join('')).toBe('abc');
  });

  it('runs the job with the least service first, and equal jobs in FIFO order', () => {
    const loop = manualLoop(1_000);
    const jobs: [string, number][] = [
      ['middle', 50],
      ['large', 900],
      ['small', 0],
      ['other middle', 50],
      ['other small', 0],
    ];
    for (const [name, attained] of jobs) void loop.add(name, attained);
    loop.turn();
    expect(loop.done).toEqual(['small', 'other small', 'middle', 'other middle', 'large']);
  });

  it('rejects when the work throws, and continues', async () => {
    const loop = manualLoop(1_000);
    const failing = loop.turns.run(0, () => {
      throw new Error('no');
    });
    void loop.add('next', 0);
    loop.turn();
    await expect(failing).rejects.toThrow('no');
    expect(loop.done).toEqual(['next']);
  });

  it('leaves no task on an idle loop, and starts again', () => {
    const loop = manualLoop();
    void loop.add('a', 0);
    loop.turn();
    expect(loop.isIdle).toBe(true);
    void loop.add('b', 0);
    loop.turn();
    expect(loop.done.join('')).toBe('ab');
  });
});
