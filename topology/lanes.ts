import type { LaneName } from '../schemas/lanes.js';

/** A class of traffic: its queues, how long its work may wait for company, and who goes first. */
export interface Lane {
  readonly name: LaneName;
  /** Lower is served first where lanes share a device. */
  readonly priority: number;
  /** How long a task may wait for others to share a model batch, milliseconds. */
  readonly batchDelayMs: number;
  /** Milliseconds from the event to the moment when no one waits for its result; null: whenever. */
  readonly deadlineMs: number | null;
  /** Partitions of each of its topics: the most workers that a stage can have in this lane. */
  readonly partitions: number;
  /** Records that a worker holds at most, most of which wait for something: a host, a core, a batch. */
  readonly window: number;
  /** Rows of the queue that its clients share (`topology/shares.ts`); 0: first come, first served. */
  readonly shares: number;
  /** How long its records are kept for subscribers and replays, milliseconds. */
  readonly retentionMs: number;
  /** Delays of its retry topics, tried in turn after the retries in place; none: straight to the dead letters. */
  readonly retryDelays: readonly string[];
  /** POSIX niceness of workers that serve only this lane: the kernel runs lower ones first when cores are short. */
  readonly niceness: number;
}

const day = 86_400_000;

export const lanes: readonly Lane[] = [
  {
    name: 'realtime',
    priority: 0,
    batchDelayMs: 0,
    deadlineMs: 15_000,
    partitions: 4,
    // more than one client may wait for at a gateway, so that photos of a host that hangs leave room for those of
    // others
    window: 512,
    shares: 0, // admission bounds what waits
    retentionMs: day,
    retryDelays: [],
    niceness: 0,
  },
  {
    name: 'bulk',
    priority: 1,
    batchDelayMs: 50,
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
    deadlineMs: null,
    partitions: 8,
    window: 128,
    shares: 8,
    retentionMs: 7 * day,
    retryDelays: ['30s', '5m'],
    niceness: 19,
  },
];
