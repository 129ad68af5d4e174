import { describe, expect, it } from 'vitest';
import { createMembership } from '../../../../runtime/kafka/consumer/membership.js';
import { createManualClock } from '../../../../runtime/memory/manual-clock.js';

function world() {
  const clock = createManualClock();
  const lost: string[] = [];
  const membership = createMembership(clock, (reason) => lost.push(reason));
  membership.joined('m');
  return { clock, lost, membership };
}

describe('a membership', () => {
  it('lasts for the session timeout after the last heartbeat', () => {
    const { clock, lost, membership } = world();
    clock.advance(9_000);
    membership.heard('m', 1);
    clock.advance(9_999);
    expect([membership.current, membership.memberId, membership.fault()]).toEqual([true, 'm', undefined]);
    clock.advance(1);
    expect([membership.current, membership.memberId, membership.fault()]).toEqual([false, undefined, 'no-heartbeat']);
    expect(lost).toEqual(['no-heartbeat']);
  });

  it.each([
    ['of a generation whose assignment never arrived', 'm', 2],
    ['of another member', 'other', 1],
  ])('is not prolonged by heartbeats %s', (_name, memberId, generation) => {
    const { clock, membership } = world();
    membership.heard('m', 1);
    clock.advance(6_000);
    membership.heard(memberId, generation);
    clock.advance(6_000);
    expect(membership.current).toBe(false);
  });

  it.each(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'])('ends when the broker refuses a commit with %s', (type) => {
    const { clock, lost, membership } = world();
    membership.commitRefused(type);
    expect([membership.current, lost]).toEqual([false, ['refused']]);
    expect(membership.fault()).toBeUndefined(); // kafkajs may join again by itself
    clock.advance(3_000);
    expect(membership.fault()).toBe('refused');
  });

  it('does not end when a commit fails for another reason', () => {
    const { clock, membership } = world();
    for (let second = 0; second < 20; second += 1) {
      membership.commitRefused('REQUEST_TIMED_OUT');
      membership.commitRefused(undefined);
      clock.advance(1_000);
      membership.heard('m', 1);
    }
    expect(membership.current).toBe(true);
  });

  it('ends when commits are refused because of a rebalance for the session timeout', () => {
    const { clock, lost, membership } = world();
    const refuse = (ms: number) => {
      clock.advance(ms);
      membership.heard('m', 1);
      membership.commitRefused('REBALANCE_IN_PROGRESS');
    };
    refuse(0);
    refuse(9_000);
    membership.committed();
    refuse(1_000);
    refuse(9_000);
    expect(lost).toEqual([]);
    refuse(1_000);
    expect(lost).toEqual(['refused']);
  });

  it('reports a fault for a rebalance that outlasts the timeouts of the group', () => {
    const { clock, membership } = world();
    membership.left('rebalancing');
    clock.advance(15_000);
    membership.left('rebalancing');
    clock.advance(14_999);
    expect(membership.fault()).toBeUndefined();
    clock.advance(1);
    expect(membership.fault()).toBe('rebalancing');
  });

  it('reports a fault when kafkajs fetches after a rebalance and does not join', () => {
    const { clock, membership } = world();
    membership.fetching();
    expect(membership.current).toBe(true);
    membership.left('rebalancing');
    membership.fetching();
    expect(membership.fault()).toBeUndefined(); // kafkajs may join again at its next heartbeat
    clock.advance(3_000);
    expect(membership.fault()).toBe('not-rejoined');
  });

  it('reports a fault for a rebalance in which kafkajs joins and fetches in turns', () => {
    const { clock, membership } = world();
    for (let second = 0; second < 30; second += 1) {
      membership.left('rebalancing');
      membership.fetching();
      expect(membership.fault()).toBeUndefined();
      clock.advance(1_000);
    }
    expect(membership.fault()).toBe('rebalancing');
  });

  it('begins anew with each join, also with one that no rebalance announced', () => {
    const { lost, membership } = world();
    membership.joined('m');
    expect([membership.current, lost]).toEqual([true, ['rebalancing']]);
  });
});
