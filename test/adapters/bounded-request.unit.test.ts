import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { boundedRequest } from '../../adapters/stores/bounded-request.js';

const untilAborted = (bound: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    if (bound.aborted) reject(bound.reason as Error);
    bound.addEventListener('abort', () => reject(bound.reason as Error), { once: true });
  });

it('a bounded request ends when its signal aborts, before or during it', async () => {
  const caller = new AbortController();
  const during = boundedRequest(60_000, caller.signal, untilAborted);
  caller.abort(new Error('revoked'));
  await expect(during).rejects.toThrow('revoked');
  await expect(boundedRequest(60_000, caller.signal, untilAborted)).rejects.toThrow('revoked');
});

it('a bounded request ends after its time', async () => {
  await expect(boundedRequest(1, undefined, untilAborted)).rejects.toMatchObject({ name: 'TimeoutError' });
});

it('a bounded request leaves no listener on a signal that outlives it', async () => {
  const { signal } = new AbortController();
  expect(await boundedRequest(60_000, signal, () => Promise.resolve('answer'))).toBe('answer');
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
