import { setMaxListeners } from 'node:events';
import { createDeliverer } from '../../../jobs/callbacks/deliverer.js';
import { createEndpoints } from '../../../jobs/callbacks/endpoints.js';
import { createReadOrder } from '../../../jobs/callbacks/read-order.js';
import { rememberDelivered } from '../../../jobs/callbacks/delivered-parts.js';
import { handleFailures } from '../../../runtime/failures/failure-handler.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import type { Message, OutgoingMessage } from '../../../runtime/records/message.js';
import { createDeferredWork } from '../../../runtime/deferred-work.js';
import { createRetryRelay } from '../../../runtime/failures/retry-relay.js';
import type { JobProgress } from '../../../schemas/jobs.js';
import type { Callbacks, Delivery } from '../../../jobs/callbacks/callback.js';
import { callbackDeliveries } from '../../../topology/callbacks.js';

const signal = new AbortController().signal;
setMaxListeners(0, signal); // as consumers do, because every delivery adds a listener
const codec = createMemoryCodec();
export const startAt = Date.UTC(2026, 0, 1);

/** Handles records as the worker does, without Kafka. `answer` decides the outcome of each delivery. */
export function callbacksWorker(
  answer: (endpoint: string, delivery: Delivery) => Promise<void> = () => Promise.resolve(),
) {
  const clock = createManualClock(startAt);
  const items = new Map<string, Set<number>>();
  const log: string[] = [];
  let offset = 0n;
  const circuits: number[] = [];
  const outcomes: string[] = [];
  const order = createReadOrder();
  const path = { stage: 'callbacks', input: 'callbacks', lane: callbackDeliveries } as const;
  const callbacks: Callbacks = {
    parse: (uri) => ({ kind: 'test', endpoint: uri, place: uri }),
    async deliver({ endpoint }, delivery) {
      log.push(`${endpoint} ${delivery.kind} ${delivery.job}`);
      await answer(endpoint, delivery);
    },
    close: () => Promise.resolve(),
  };
  const delivered = {
    add: async (job: string, positions: readonly number[]) =>
      void items.set(job, new Set([...(items.get(job) ?? []), ...positions])),
    count: async (job: string) => items.get(job)?.size ?? 0,
  };
  const deliver = createDeliverer({
    path,
    codec,
    callbacks,
    endpoints: createEndpoints({ clock, onCircuits: (open) => circuits.push(open) }),
    parts: { read: async () => [], write: () => Promise.resolve() },
    delivered,
    order,
    clock,
    random: () => 0,
    jitter: 0,
    summaryWaitsMs: callbackDeliveries.summaryWaitsMs,
    onDelivered: () => outcomes.push('delivered'),
    onFailed: (_kind, { code }) => outcomes.push(code),
    onPostponed: () => outcomes.push('postponed'),
  });
  const handler = rememberDelivered({ codec, delivered })(
    handleFailures({ stage: 'callbacks', pathOf: () => path, clock, random: () => 0 })(deliver),
  );

  /** Handles a record. Resolves with the records that follow, once its deferred work has ended. */
  function handle(message: Message): Promise<readonly OutgoingMessage[]> {
    let out: readonly OutgoingMessage[] = [];
    return order
      .track(message, async () => {
        const side = createDeferredWork({ clock, random: () => 0, signal });
        out = await handler(message, { signal, waitUntil: side.waitUntil });
        await side.finish();
      })
      .then(() => out);
  }

  async function read(progress: Partial<JobProgress> & { job: string }): Promise<readonly OutgoingMessage[]> {
    const value = await codec.encode('job-progress', '', {
      client: null,
      callback: 'a',
      part: null,
      summary: null,
      at: clock.now(),
      ...progress,
    });
    return handle({
      topic: 'job-progress',
      partition: 0,
      offset: offset++,
      key: Buffer.from(progress.job),
      value,
      headers: {},
      timestamp: clock.now(),
    });
  }

  /** Handles the retry of a record when it is due. */
  async function again([record]: readonly OutgoingMessage[]): Promise<readonly OutgoingMessage[]> {
    if (!record) throw new Error('there is no retry record');
    const message: Message = { ...record, partition: 0, offset: offset++, timestamp: clock.now() };
    const relayed = createRetryRelay(clock)(message, { signal });
    clock.advance(Math.max(0, Number(record.headers['fl-retry-at']) - clock.now()));
    const [returned] = await relayed;
    if (!returned) throw new Error('the relay returned no record');
    return handle({ ...message, ...returned });
  }

  return { clock, log, circuits, outcomes, read, again };
}
