import { expect, it } from 'vitest';
import { singleFlight } from '../../primitives/single-flight.js';

function world() {
  const asked: string[] = [];
  const answers: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  const ask = singleFlight((key) => {
    asked.push(key);
    return new Promise<string>((resolve, reject) => answers.push({ resolve, reject }));
  });
  return { asked, answers, ask };
}

it('singleFlight shares the result of a call in flight with callers of the same key', async () => {
  const { asked, answers, ask } = world();
  const all = Promise.all([ask('a'), ask('a'), ask('b')]);
  answers[0]?.resolve('of a');
  answers[1]?.resolve('of b');
  expect([await all, asked]).toEqual([
    ['of a', 'of a', 'of b'],
    ['a', 'b'],
  ]);
});

it('singleFlight calls again after the result', async () => {
  const { asked, answers, ask } = world();
  const first = ask('a');
  answers[0]?.resolve('one');
  await first;
  const second = ask('a');
  answers[1]?.resolve('two');
  expect([await second, asked]).toEqual(['two', ['a', 'a']]);
});

it('singleFlight shares the failure of a call in flight, and calls again after it', async () => {
  const { asked, answers, ask } = world();
  const both = Promise.allSettled([ask('a'), ask('a')]);
  answers[0]?.reject(new Error('away'));
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const next = ask('a');
  answers[1]?.resolve('back');
  expect([await next, asked]).toEqual(['back', ['a', 'a']]);
});
