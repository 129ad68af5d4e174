import { expect, it } from 'vitest';
import { createSlots } from '../../primitives/slots.js';

const settled = () => new Promise((resolve) => setImmediate(resolve));

function world(count: number) {
  const run = createSlots(count);
  const started: string[] = [];
  const finishers = new Map<string, (error?: Error) => void>();
  const add = (name: string, rank: number) =>
    run(() => {
      started.push(name);
      return new Promise<string>((resolve, reject) =>
        finishers.set(name, (error) => (error ? reject(error) : resolve(name))),
      );
    }, rank);
  const finish = async (name: string, error?: Error) => {
    finishers.get(name)?.(error);
    await settled();
  };
  return { add, started, finish };
}

it('createSlots bounds concurrent work, and runs the highest waiting rank first', async () => {
  const { add, started, finish } = world(2);
  const first = add('decode 1', 0);
  for (const [name, rank] of [
    ['decode 2', 0],
    ['decode 3', 0],
    ['compose 1', 2],
    ['decode 4', 0],
    ['compose 2', 2],
  ] as const)
    void add(name, rank);
  await settled();
  expect(started).toEqual(['decode 1', 'decode 2']);
  await finish('decode 1');
  expect(await first).toBe('decode 1');
  await finish('decode 2');
  await finish('compose 1');
  await finish('compose 2');
  expect(started).toEqual(['decode 1', 'decode 2', 'compose 1', 'compose 2', 'decode 3', 'decode 4']);
});

it('createSlots passes the slot of failed work to the next', async () => {
  const { add, started, finish } = world(1);
  const failing = expect(add('a', 0)).rejects.toThrow('broken');
  void add('b', 0);
  await settled();
  await finish('a', new Error('broken'));
  await failing;
  expect(started).toEqual(['a', 'b']);
});
