import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLeases } from '../../../http/clients/leases.js';
import { manualClock } from '../../gateway/harness.js';

/** Leases in a store whose answers the test controls. */
function world() {
  const clock = manualClock();
  const renewed: string[] = [];
  let away = false;
  let answering = Promise.resolve();
  const leases = createLeases({
    clock,
    renewEveryMs: 60_000,
    async renew(key, names) {
      renewed.push(`${key}: ${names.length > 3 ? names.length : names.join(' ')}`);
      await answering;
      if (away) throw new Error('Redis is away');
    },
  });
  const advance = async (ms: number) => {
    clock.advance(ms);
    await setImmediate();
    return renewed.splice(0);
  };
  return {
    clock,
    leases,
    advance,
    setAway: (value: boolean) => void (away = value),
    setAnswering: (value: Promise<void>) => void (answering = value),
  };
}

it('createLeases renews held leases every minute, and no released ones', async () => {
  const { clock, leases, advance } = world();
  const letGo = leases.hold('shop', 'a');
  leases.hold('shop', 'b');
  leases.hold('other', 'c');
  expect(await advance(59_999)).toEqual([]);
  expect(await advance(1)).toEqual(['shop: a b', 'other: c']);
  letGo();
  letGo();
  expect(await advance(60_000)).toEqual(['shop: b', 'other: c']);
  expect(clock.pending()).toBe(1);
});

it('createLeases leaves no timer after the release of the last lease, even during a renewal', async () => {
  const { clock, leases, advance, setAnswering } = world();
  leases.hold('shop', 'a')();
  expect(clock.pending()).toBe(0);

  const letGo = leases.hold('shop', 'a');
  let answer: () => void = () => undefined;
  setAnswering(new Promise((resolve) => (answer = resolve)));
  await advance(60_000);
  letGo();
  answer();
  await setImmediate();
  expect(clock.pending()).toBe(0);
  expect(await advance(600_000)).toEqual([]);
});

it('createLeases renews at most 100 leases of a key together, without those released meanwhile', async () => {
  const { leases, advance, setAnswering } = world();
  let answer: () => void = () => undefined;
  setAnswering(new Promise((resolve) => (answer = resolve)));
  const held = Array.from({ length: 250 }, (_, n) => leases.hold('shop', `${n}`));
  expect(await advance(60_000)).toEqual(['shop: 100']);
  for (const letGo of held.slice(110, 210)) letGo();
  answer();
  await setImmediate();
  expect(await advance(0)).toEqual(['shop: 10', 'shop: 40']);
});

it('createLeases retries every five seconds while the store is unreachable', async () => {
  const { leases, advance, setAway } = world();
  leases.hold('shop', 'a');
  setAway(true);
  expect(await advance(60_000)).toEqual(['shop: a']);
  expect(await advance(5_000)).toEqual(['shop: a']);
  setAway(false);
  expect(await advance(5_000)).toEqual(['shop: a']);
  expect(await advance(59_999)).toEqual([]);
  expect(await advance(1)).toEqual(['shop: a']);
});

it('createLeases renews nothing after close', async () => {
  const { clock, leases, advance } = world();
  const letGo = leases.hold('shop', 'a');
  leases.close();
  expect([clock.pending(), await advance(60_000)]).toEqual([0, []]);
  letGo();
});
