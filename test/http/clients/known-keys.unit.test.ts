import { describe, expect, it } from 'vitest';
import type { KeyOfClient } from '../../../http/clients/client.js';
import { createKnownKeys } from '../../../http/clients/known-keys.js';
import { FanlightError } from '../../../schemas/failure.js';
import { keyOfClient } from './clients-support.js';
import { manualClock } from '../../gateway/harness.js';

function setUp(size?: number) {
  const clock = manualClock();
  const stored = new Map<string, KeyOfClient>();
  const asked: string[] = [];
  const store: { failure?: Error | undefined } = {};
  const find = createKnownKeys({
    clock,
    ...(size === undefined ? {} : { size }),
    find: (id) => {
      asked.push(id);
      return store.failure ? Promise.reject(store.failure) : Promise.resolve(stored.get(id));
    },
  });
  return { clock, stored, asked, store, find };
}

const one = keyOfClient();
const revoked: KeyOfClient = { ...one, key: { ...one.key, revokedAt: 1 } };

describe('known keys', () => {
  it('are looked up once in 3 seconds, and unknown ids too', async () => {
    const { clock, stored, asked, find } = setUp();
    stored.set('one', one);
    expect([await find('one'), await find('two')]).toEqual([one, undefined]);
    clock.advance(2_999);
    stored.set('one', revoked).set('two', one);
    expect([await find('one'), await find('two')]).toEqual([one, undefined]);
    expect(asked).toEqual(['one', 'two']);
    clock.advance(1);
    expect([await find('one'), await find('two')]).toEqual([revoked, one]);
  });

  it('are looked up once for concurrent requests', async () => {
    const { stored, asked, find } = setUp();
    stored.set('one', one);
    expect(await Promise.all([find('one'), find('one'), find('one')])).toEqual([one, one, one]);
    expect(asked).toEqual(['one']);
  });

  it('work for ten minutes while the store is unreachable; other keys get keys-unavailable', async () => {
    const { clock, stored, store, find } = setUp();
    stored.set('one', one);
    await find('one');
    await find('two');
    store.failure = new Error('no connection');
    clock.advance(599_999);
    expect(await find('one')).toEqual(one);
    const unavailable = { problem: { code: 'keys-unavailable' }, cause: new Error('no connection') };
    await expect(find('two')).rejects.toMatchObject(unavailable);
    await expect(find('three')).rejects.toMatchObject(unavailable);
    clock.advance(1);
    await expect(find('one')).rejects.toMatchObject(unavailable);
    store.failure = undefined;
    expect(await find('one')).toEqual(one);
  });

  it('are refused when the store has an invalid entry for them', async () => {
    const { clock, stored, store, find } = setUp();
    stored.set('one', one);
    await find('one');
    clock.advance(3_000);
    store.failure = new FanlightError({ code: 'invalid-configuration', message: 'No client.', remedy: 'Remove it.' });
    await expect(find('one')).rejects.toBe(store.failure);
  });

  it('are bounded in number, and invented ids evict none of them', async () => {
    const { stored, asked, find } = setUp(2);
    for (const id of ['one', 'two']) stored.set(id, one);
    for (const id of ['one', 'two', 'x1', 'x2', 'x3', 'one', 'two']) await find(id);
    expect(asked).toEqual(['one', 'two', 'x1', 'x2', 'x3']);
    stored.set('three', one);
    for (const id of ['one', 'three', 'one', 'two', 'x1']) await find(id);
    expect(asked.slice(5)).toEqual(['three', 'two', 'x1']);
  });
});
