import type { EachBatchPayload } from 'kafkajs';
import { sleep, type Clock } from '../../../primitives/clock.js';
import type { Window } from '../../../primitives/window.js';
import { bytesOf } from '../../records/message.js';
import { toMessage } from '../client/record.js';
import type { Assignment } from './assignment.js';
import type { FetchMode } from './fetch-mode.js';
import { createReadAhead, type Fetched } from './read-ahead.js';

export interface Gate {
  readonly open: boolean;
  onOpen(listener: () => void): void;
}

export interface IntakeOptions {
  readonly fetchMode: FetchMode;
  readonly window: Window;
  readonly gate: Gate | undefined;
  readonly clock: Clock;
  /** Returns the current assignment. A rebalance replaces it. */
  readonly assignment: () => Assignment;
  /** Aborts when the consumer accepts no further record. */
  readonly stopping: AbortSignal;
  /** Aborts when the consumer leaves its group. */
  readonly leaving: AbortSignal;
  /** Starts the work on a record, which has a place in the window. */
  readonly accept: (record: Fetched, bytes: number) => void;
  /** Receives offsets without records, such as transaction markers: reading continues at `next`. */
  readonly skip: (topic: string, partition: number, next: bigint) => void;
}

/** Takes fetched batches into the window. */
export interface Intake {
  eachBatch(payload: EachBatchPayload): Promise<void>;
  /** A batch had no record; reading continues at `next`. */
  passEmpty(topic: string, partition: number, next: bigint): void;
  /** Accepts records that were read ahead, as far as the window has places. */
  acceptInTurn(): void;
  /** Drops the records that were read ahead. */
  clear(): void;
}

const waitingHeartbeatMs = 500;

export function createIntake(options: IntakeOptions): Intake {
  const { window, gate, clock, assignment, stopping, accept } = options;
  const ahead = createReadAhead();

  async function acceptBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const mine = assignment();
    const ended = () => stopping.aborted || mine.revoked || !isRunning() || isStale();
    for (const record of fetched(batch)) {
      const bytes = bytesOf(record.message);
      while (!ended() && !window.tryAcquire(bytes)) {
        await Promise.race([window.freed(), sleep(clock, waitingHeartbeatMs)]);
        await heartbeat();
      }
      if (!isRunning() || isStale()) return;
      if (ended()) return refuseBatch(heartbeat);
      accept(record, bytes);
      resolveOffset(String(record.message.offset));
    }
    await heartbeat();
  }

  /** kafkajs fetches a refused batch again at once. The pause keeps that from becoming a busy loop. */
  async function refuseBatch(heartbeat: () => Promise<void>): Promise<void> {
    await sleep(clock, waitingHeartbeatMs, options.leaving).catch(() => undefined);
    await heartbeat();
  }

  async function readAhead(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, pause, isRunning, isStale } = payload;
    const records = fetched(batch);
    const last = records.at(-1);
    if (!last || !isRunning() || isStale()) return;
    if (stopping.aborted || assignment().revoked) return refuseBatch(heartbeat);
    ahead.add(batch.partition, records, pause());
    resolveOffset(String(last.message.offset));
    acceptInTurn();
    await heartbeat();
  }

  function acceptInTurn(): void {
    for (let record = ahead.peek(); record && mayAccept(); record = ahead.peek()) {
      const bytes = bytesOf(record.message);
      if (!window.tryAcquire(bytes)) return;
      ahead.take();
      accept(record, bytes);
    }
  }

  function mayAccept(): boolean {
    return !assignment().revoked && !stopping.aborted && gate?.open !== false;
  }

  gate?.onOpen(acceptInTurn);
  return {
    eachBatch: options.fetchMode === 'round-robin' ? readAhead : acceptBatch,
    passEmpty(topic, partition, next) {
      if (stopping.aborted || assignment().revoked || ahead.extend(partition, next)) return;
      options.skip(topic, partition, next);
    },
    acceptInTurn,
    clear: ahead.clear,
  };
}

/** The last record of a batch covers the offsets without records that follow it. */
function fetched(batch: EachBatchPayload['batch']): Fetched[] {
  const { topic, partition, messages } = batch;
  return messages.map((record, index) => ({
    message: toMessage(topic, partition, record),
    next: BigInt(index === messages.length - 1 ? batch.lastOffset() : record.offset) + 1n,
  }));
}
