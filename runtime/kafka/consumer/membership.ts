import type { Clock } from '../../../primitives/clock.js';

/** Names of the kafkajs settings that bound a membership (ms). */
export const membershipTimes = { sessionTimeout: 10_000, rebalanceTimeout: 20_000, heartbeatInterval: 1_000 } as const;

/**
 * Reason why a consumer is outside of its group:
 * - `not-joined`: it has not joined yet.
 * - `rebalancing`: the group rebalances, and kafkajs joins it again.
 * - `not-rejoined`: kafkajs fetches again after a rebalance, although it has not joined. It may have no member id.
 * - `refused`: the broker refused a commit, because it does not know this member or this generation.
 * - `no-heartbeat`: no heartbeat was answered for the session timeout, so that the broker may have given the
 *   partitions to another member.
 * - `crash`, `closed`: the kafkajs consumer has ended.
 */
export type OutsideReason =
  'not-joined' | 'rebalancing' | 'not-rejoined' | 'refused' | 'no-heartbeat' | 'crash' | 'closed';

type State =
  | {
      readonly kind: 'outside';
      readonly reason: OutsideReason;
      /** Time (epoch ms) since which the reason applies. */
      readonly since: number;
      /** Time (epoch ms) at which the rebalance began that has not ended since. */
      readonly rebalancingSince: number;
    }
  | {
      readonly kind: 'member';
      readonly memberId: string;
      /** Generation of the first heartbeat after the join. */
      readonly generation: number | undefined;
      /** Time (epoch ms) of the join or of the last heartbeat that the broker answered. */
      readonly heardAt: number;
      /** Time (epoch ms) since which the broker has refused every commit because the group rebalances. */
      readonly refusedSince: number | undefined;
    };

/** Longest time outside of the group (ms), after which a consumer has to be restarted. No entry: no upper bound. */
const patience: Partial<Record<OutsideReason, number>> = {
  rebalancing: membershipTimes.rebalanceTimeout + membershipTimes.sessionTimeout,
  // kafkajs joins again at its next heartbeat, unless it has lost its member id.
  'not-rejoined': 3 * membershipTimes.heartbeatInterval,
  refused: 3 * membershipTimes.heartbeatInterval,
  'no-heartbeat': 0,
};

const isRebalance = (reason: OutsideReason) => reason === 'rebalancing' || reason === 'not-rejoined';

/** Answers of the broker to a commit of a consumer that is not a member of this generation any more. */
const unknown = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID']);

export interface Membership {
  /** Whether the consumer is a member by the last answer of the broker. */
  readonly current: boolean;
  /** Id of the current membership. */
  readonly memberId: string | undefined;
  joined(memberId: string): void;
  heard(memberId: string, generation: number): void;
  left(reason: OutsideReason): void;
  /** kafkajs begins a fetch. */
  fetching(): void;
  committed(): void;
  /** @param type error code of the broker */
  commitRefused(type: string | undefined): void;
  /** Returns the reason to restart the consumer, or undefined while it is a member or may still join by itself. */
  fault(): OutsideReason | undefined;
}

/**
 * Knows whether a consumer is a member of its group. The only evidence is what the broker has answered: joins,
 * heartbeats and refused commits. kafkajs cannot be asked: after `UNKNOWN_MEMBER_ID` it forgets its member id, and when
 * the join that follows fails, it fetches on without id. It sends no heartbeat then, and reports nothing.
 *
 * @param onLost called once for each membership that ends, before another one may begin
 */
export function createMembership(clock: Clock, onLost: (reason: OutsideReason) => void): Membership {
  let state: State = { kind: 'outside', reason: 'not-joined', since: clock.now(), rebalancingSince: clock.now() };

  function left(reason: OutsideReason): void {
    const was = state;
    if (was.kind === 'outside' && was.reason === reason) return;
    // kafkajs may try to join and fetch in turns, for as long as joining fails.
    const goesOn = was.kind === 'outside' && isRebalance(was.reason) && isRebalance(reason);
    const since = clock.now();
    state = { kind: 'outside', reason, since, rebalancingSince: goesOn ? was.rebalancingSince : since };
    if (was.kind === 'member') onLost(reason);
  }

  const current = () => state.kind === 'member' && clock.now() - state.heardAt < membershipTimes.sessionTimeout;

  return {
    get current() {
      return current();
    },
    get memberId() {
      return state.kind === 'member' && current() ? state.memberId : undefined;
    },
    joined(memberId) {
      // kafkajs also joins again without an event, for example when topics get more partitions.
      if (state.kind === 'member') left('rebalancing');
      state = { kind: 'member', memberId, generation: undefined, heardAt: clock.now(), refusedSince: undefined };
    },
    heard(memberId, generation) {
      if (state.kind !== 'member' || state.memberId !== memberId) return;
      // kafkajs may have joined another generation without having received its assignment. It then reads on by the old
      // assignment, so these heartbeats are not those of the member that works.
      if (state.generation !== undefined && state.generation !== generation) return;
      state = { ...state, generation, heardAt: clock.now() };
    },
    left,
    fetching() {
      if (state.kind === 'outside' && state.reason === 'rebalancing') left('not-rejoined');
    },
    committed() {
      if (state.kind === 'member') state = { ...state, refusedSince: undefined };
    },
    commitRefused(type) {
      if (state.kind !== 'member') return;
      if (unknown.has(type ?? '')) return left('refused');
      if (type !== 'REBALANCE_IN_PROGRESS') return;
      const { refusedSince = clock.now() } = state;
      if (clock.now() - refusedSince >= membershipTimes.sessionTimeout) left('refused');
      else state = { ...state, refusedSince };
    },
    fault() {
      if (state.kind === 'member' && !current()) left('no-heartbeat');
      if (state.kind === 'member') return undefined;
      const { reason, since, rebalancingSince } = state;
      if (clock.now() - since >= (patience[reason] ?? Infinity)) return reason;
      const isTooLong = isRebalance(reason) && clock.now() - rebalancingSince >= (patience.rebalancing ?? Infinity);
      return isTooLong ? 'rebalancing' : undefined;
    },
  };
}
