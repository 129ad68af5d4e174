import type { LaneName } from '../schemas/lanes.js';

/** A class of traffic: its queues, its batching, its priority and its deadlines. */
export interface Lane {
  readonly name: LaneName;
  /** Lanes with lower numbers are served first when lanes share a device. */
  readonly priority: number;
  /** Longest wait of a task for other tasks of its model batch (ms). */
  readonly batchDelayMs: number;
  /** Least time between transactions of an input partition (ms), see docs/delivery.md. It delays results. */
  readonly transactionsEveryMs: number;
  /** Default time from an event to its deadline (ms); null: no deadline. */
  readonly deadlineMs: number | null;
  /** Partitions of each topic of the lane. They bound the number of workers of a stage. */
  readonly partitions: number;
  /** Upper bound of records in flight in a worker. Most of them wait for a host, a core or a batch. */
  readonly window: number;
  /** Rows of the queue that clients share (`topology/shares.ts`); 0: FIFO. */
  readonly shares: number;
  /** Retention of its topics, for subscribers and replays (ms). */
  readonly retentionMs: number;
  /**
   * Delays of its retry topics, used in turn after the retries in place. Empty: a record whose retries in place are
   * used up becomes a dead letter.
   */
  readonly retryDelays: readonly string[];
  /** POSIX niceness of workers that serve only this lane. The kernel prefers lower values when cores are short. */
  readonly niceness: number;
}

const day = 86_400_000;

export const lanes: readonly Lane[] = [
  {
    name: 'realtime',
    priority: 0,
    batchDelayMs: 0,
    transactionsEveryMs: 0,
    deadlineMs: 15_000,
    partitions: 4,
    // Above the gateway's limit per client: one client's photos of a host that hangs leave room for other clients.
    window: 512,
    shares: 0, // The admission of the gateway bounds the backlog.
    retentionMs: day,
    retryDelays: [],
    niceness: 0,
  },
  {
    name: 'bulk',
    priority: 1,
    batchDelayMs: 50,
    transactionsEveryMs: 1_000,
    deadlineMs: null,
    partitions: 8,
    window: 128,
    shares: 8,
    retentionMs: 7 * day,
    retryDelays: ['5s', '30s'],
    niceness: 15,
  },
  {
    name: 'backfill',
    priority: 2,
    batchDelayMs: 200,
    transactionsEveryMs: 1_000,
    deadlineMs: null,
    partitions: 8,
    window: 128,
    shares: 8,
    retentionMs: 7 * day,
    retryDelays: ['30s', '5m'],
    niceness: 19,
  },
];
