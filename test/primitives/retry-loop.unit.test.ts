import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { until, type UntilOptions } from '../../primitives/retry-loop.js';
import { manualClock } from '../gateway/harness.js';

const busy = new Error('busy');

/** Work that fails until the test lets it succeed. */
function world(options: Partial<UntilOptions> = {}) {
  const clock = manualClock();
  const attempts: number[] = [];
  let succeed = false;
  let settled: unknown;
  const result = until(
    (attempt) => {
      attempts.push(attempt);
      return succeed ? Promise.resolve(`done at ${attempt}`) : Promise.reject(busy);
    },
    { clock, random: () => 1, backoff: { baseMs: 100, maxMs: 400, jitter: 0 }, ...options },
  );
  result.then(
    (value) => (settled = value),
    (error: unknown) => (settled = error),
  );
  const advance = async (ms: number) => {
    clock.advance(ms);
    await setImmediate();
  };
  return { clock, attempts, advance, result, settled: () => settled, letSucceed: () => void (succeed = true) };
}

/** Returns true if the second attempt starts after exactly `ms`. */
async function waits(ms: number, options: Partial<UntilOptions>): Promise<boolean> {
  const { attempts, advance } = world(options);
  await setImmediate();
  await advance(ms - 1);
  const early = attempts.length > 1;
  await advance(1);
  return !early && attempts.length === 2;
}

it('until returns the result of the first successful attempt', async () => {
  const { clock, attempts, advance, result, letSucceed } = world();
  await setImmediate();
  await advance(100);
  letSucceed();
  await advance(200);
  await expect(result).resolves.toBe('done at 3');
  expect([attempts, clock.pending()]).toEqual([[1, 2, 3], 0]);
});

it('until doubles the delay up to its maximum', async () => {
  const { attempts, advance } = world();
  await setImmediate();
  for (const [index, ms] of [100, 200, 400, 400].entries()) {
    await advance(ms - 1);
    expect(attempts).toHaveLength(index + 1);
    await advance(1);
    expect(attempts).toHaveLength(index + 2);
  }
});

it.each([
  [0, 0, 100],
  [0, 1, 100],
  [0.5, 0, 50],
  [0.5, 0.5, 75],
  [0.5, 1, 100],
  [1, 0.01, 1],
  [1, 1, 100],
])('until, with jitter %s and random number %s, waits %s of 100 ms', async (jitter, random, ms) => {
  expect(await waits(ms, { random: () => random, backoff: { baseMs: 100, maxMs: 400, jitter } })).toBe(true);
});

it('until draws a random number for each delay', async () => {
  const drawn = [0.5, 0.25];
  const backoff = { baseMs: 100, maxMs: 400, jitter: 1 };
  const { attempts, advance } = world({ random: () => drawn.shift() ?? 0, backoff });
  await setImmediate();
  await advance(50);
  await advance(49);
  expect(attempts).toHaveLength(2);
  await advance(1);
  expect(attempts).toHaveLength(3);
});

describe('until gives up', () => {
  it('and rejects with the final failure', async () => {
    const asked: unknown[] = [];
    const retried: unknown[] = [];
    const { clock, advance, result } = world({
      giveUp: (error, attempt) => {
        asked.push([error, attempt]);
        return attempt === 2;
      },
      onRetry: (error, attempt) => retried.push([error, attempt]),
    });
    await setImmediate();
    await advance(100);
    await expect(result).rejects.toBe(busy);
    expect([asked, retried, clock.pending()]).toEqual([
      [
        [busy, 1],
        [busy, 2],
      ],
      [[busy, 1]],
      0,
    ]);
  });

  it('on no failure without giveUp', async () => {
    const { attempts, advance, settled } = world();
    await setImmediate();
    for (let tries = 0; tries < 50; tries += 1) await advance(400);
    expect([attempts.length, settled()]).toEqual([51, undefined]);
  });
});

describe('the signal of until', () => {
  it('ends a delay at once and leaves no timer', async () => {
    const abort = new AbortController();
    const { clock, attempts, result } = world({ signal: abort.signal });
    await setImmediate();
    expect(clock.pending()).toBe(1);
    abort.abort(new Error('stops'));
    await expect(result).rejects.toThrow('stops');
    expect([attempts, clock.pending()]).toEqual([[1], 0]);
  });

  it('prevents another attempt when it aborts during an attempt', async () => {
    const abort = new AbortController();
    const { clock, attempts, result } = world({
      signal: abort.signal,
      onRetry: () => abort.abort(new Error('stops')),
    });
    await expect(result).rejects.toThrow('stops');
    expect([attempts, clock.pending()]).toEqual([[1], 0]);
  });

  it('does not discard the result of an attempt that succeeds after the abort', async () => {
    const abort = new AbortController();
    let finish: (value: string) => void = () => undefined;
    const backoff = { baseMs: 1, maxMs: 1, jitter: 0 };
    const options = { clock: manualClock(), random: () => 1, backoff, signal: abort.signal };
    const result = until(() => new Promise<string>((resolve) => (finish = resolve)), options);
    abort.abort(new Error('stops'));
    finish('done');
    await expect(result).resolves.toBe('done');
  });
});
