import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../runtime/memory/manual-clock.js';
import { checkProgress } from '../../runtime/kafka/lag/watchdog.js';

async function check({ idleMs, held, lag }: { idleMs: number; held: number; lag: number }) {
  const clock = createManualClock();
  const restarts: string[] = [];
  const watched = {
    lastProgressAt: clock.now() - idleMs,
    held,
    restart: async (reason: string) => void restarts.push(reason),
  };
  const verdict = await checkProgress(watched, {
    clock,
    patienceMs: 1_000,
    lag: async () => lag,
    onStalled: () => undefined,
  });
  return { verdict, restarts };
}

describe('the watchdog', () => {
  it('restarts a consumer that has lag, no record in flight and no progress', async () => {
    expect(await check({ idleMs: 1_000, held: 0, lag: 5 })).toEqual({ verdict: 'restarted', restarts: ['stalled'] });
  });

  it.each([
    ['with recent progress', { idleMs: 999, held: 0, lag: 5 }, 'moving'],
    ['with a slow record in flight', { idleMs: 60_000, held: 1, lag: 5 }, 'moving'],
    ['without lag', { idleMs: 60_000, held: 0, lag: 0 }, 'idle'],
  ] as const)('does not restart a consumer %s', async (_name, state, verdict) => {
    expect(await check(state)).toEqual({ verdict, restarts: [] });
  });
});
