import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { listenForStop } from '../../processes/stop-order.js';

function listen() {
  const source = new EventEmitter();
  const ends: [code: number, signal: string][] = [];
  let now = 0;
  const order = listenForStop({
    source,
    now: () => now,
    onSecondSignal: (code, signal) => void ends.push([code, signal]),
  });
  const signalAt = (at: number, signal: string) => {
    now = at;
    source.emit(signal, signal);
  };
  return { order, source, ends, signalAt };
}

it('takes Ctrl-C that npm repeats for one order', async () => {
  const { order, ends, signalAt } = listen();
  signalAt(1_000, 'SIGINT');
  signalAt(1_005, 'SIGINT');
  signalAt(1_400, 'SIGTERM');
  expect(await order.given).toEqual({ kind: 'order' });
  expect(ends).toEqual([]);
});

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
])('ends the process at a later %s with the exit code %i', (signal, code) => {
  const { ends, signalAt } = listen();
  signalAt(1_000, 'SIGTERM');
  signalAt(1_600, signal);
  expect(ends).toEqual([[code, signal]]);
});

it('keeps the first cause', async () => {
  const { order, signalAt } = listen();
  const error = new Error('a model is missing');
  order.fail(error);
  signalAt(1_000, 'SIGTERM');
  expect(await order.given).toEqual({ kind: 'failure', error });
});

it('gives the signals back', () => {
  const { order, source } = listen();
  order.release();
  expect([source.listenerCount('SIGTERM'), source.listenerCount('SIGINT')]).toEqual([0, 0]);
});
