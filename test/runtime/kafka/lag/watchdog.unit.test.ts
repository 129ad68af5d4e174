import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../../runtime/memory/manual-clock.js';
import { checkProgress } from '../../../../runtime/kafka/lag/watchdog.js';

interface State {
  readonly idleMs: number;
  readonly held: number;
  readonly lag: number;
  readonly oldestMs?: number;
  readonly abortedMs?: number;
  readonly uncommittedMs?: number;
  readonly members?: readonly string[] | undefined;
}

/** Checks a consumer that is `m` in its group, with a patience of 1 s and 10 s for a record. */
async function check(state: State) {
  const { idleMs, held, lag, oldestMs, abortedMs, uncommittedMs } = state;
  const clock = createManualClock();
  const restarts: string[] = [];
  const stuck: number[] = [];
  const ago = (ms: number | undefined) => (ms === undefined ? undefined : clock.now() - ms);
  const watched = {
    memberId: 'm',
    lastProgressAt: clock.now() - idleMs,
    held,
    oldestHeldAt: ago(oldestMs),
    oldestAbortedAt: ago(abortedMs),
    uncommittedSince: ago(uncommittedMs),
    restart: async (reason: string) => void restarts.push(reason),
  };
  const members = 'members' in state ? state.members : ['m'];
  const verdict = await checkProgress(watched, {
    clock,
    patienceMs: 1_000,
    recordMs: 10_000,
    askBroker: async () => ({ lag, members: members && new Set(members) }),
    onFault: () => undefined,
    onStuck: (forMs) => stuck.push(forMs),
  });
  return { verdict, restarts, stuck };
}

const working: State = { idleMs: 0, held: 1, lag: 5 };

describe('the watchdog', () => {
  it.each([
    ['that has lag, no record in flight and no progress', { idleMs: 1_000, held: 0, lag: 5 }, 'stalled'],
    ['whose oldest record is overdue although others pass', { ...working, oldestMs: 10_000 }, 'overdue'],
    ['without a commit although records finish', { ...working, uncommittedMs: 1_000 }, 'uncommitted'],
    ['that the broker does not list as a member', { ...working, members: ['other'] }, 'not-a-member'],
    ['of a group without members', { ...working, members: [] }, 'not-a-member'],
  ] as const)('restarts a consumer %s', async (_name, state, reason) => {
    expect(await check(state)).toEqual({ verdict: 'restarted', restarts: [reason], stuck: [] });
  });

  it.each([
    ['with recent progress', { idleMs: 999, held: 0, lag: 5 }, 'moving'],
    ['with a slow record in flight', { idleMs: 60_000, held: 1, lag: 5, oldestMs: 9_999 }, 'moving'],
    ['without lag', { idleMs: 60_000, held: 0, lag: 0 }, 'idle'],
    ['whose commit is young', { ...working, uncommittedMs: 999 }, 'moving'],
    ['of a group that rebalances', { ...working, members: undefined }, 'moving'],
    ['with aborted work that may still end', { ...working, abortedMs: 19_999 }, 'moving'],
  ] as const)('does not restart a consumer %s', async (_name, state, verdict) => {
    expect(await check(state)).toEqual({ verdict, restarts: [], stuck: [] });
  });

  it('ends the worker when aborted work does not end', async () => {
    const verdict = await check({ ...working, abortedMs: 20_000 });
    expect(verdict).toEqual({ verdict: 'stuck', restarts: [], stuck: [20_000] });
  });
});
