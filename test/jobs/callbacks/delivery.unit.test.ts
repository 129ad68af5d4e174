import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createDeliverer } from '../../../jobs/callbacks/deliverer.js';
import { createEndpoints, endpointLimits } from '../../../jobs/callbacks/endpoints.js';
import { createReadOrder } from '../../../jobs/callbacks/read-order.js';
import { rememberDelivered } from '../../../jobs/callbacks/delivered-parts.js';
import { handleFailures } from '../../../runtime/failures/handle-failures.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import type { Message, OutgoingMessage } from '../../../runtime/records/message.js';
import { createDeferredWork } from '../../../runtime/deferred-work.js';
import { createRetryRelay } from '../../../runtime/failures/retry-relay.js';
import { FanlightError } from '../../../schemas/failure.js';
import type { JobProgress } from '../../../schemas/jobs.js';
import type { Callbacks, Delivery } from '../../../jobs/callbacks/callback.js';
import { callbackDeliveries } from '../../../topology/callbacks.js';

const signal = new AbortController().signal;
setMaxListeners(0, signal); // as consumers do: every delivery listens
const codec = createMemoryCodec();
const startAt = Date.UTC(2026, 0, 1);
const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const failed = (message = 'It was down.') => new FanlightError({ code: 'callback-failed', message, remedy: 'Wait.' });

/** What the worker does with a record, without Kafka; targets do what `answer` says. */
function world(answer: (endpoint: string, delivery: Delivery) => Promise<void> = () => Promise.resolve()) {
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

  /** Reads a record; what follows is there when its work is done. */
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

  /** The same record again, when it is due. */
  async function again([record]: readonly OutgoingMessage[]): Promise<readonly OutgoingMessage[]> {
    if (!record) throw new Error('nothing follows');
    const message: Message = { ...record, partition: 0, offset: offset++, timestamp: clock.now() };
    const relayed = createRetryRelay(clock)(message, { signal });
    clock.advance(Math.max(0, Number(record.headers['fl-retry-at']) - clock.now()));
    const [returned] = await relayed;
    if (!returned) throw new Error('it does not return');
    return handle({ ...message, ...returned });
  }

  return { clock, log, circuits, outcomes, read, again };
}

const partOf = (...items: number[]) => ({ part: { key: `p${items.join()}`, items, failed: {} } });
const endOf = (images: number) => ({ summary: { images, tagged: images, failed: 0, cancelled: 0 } });
const topicsOf = (out: readonly OutgoingMessage[]) => out.map(({ topic }) => topic);
const never = () => new Promise<void>(() => undefined);

describe('deliveries', () => {
  it('passes over jobs without a callback', async () => {
    const { log, read } = world();
    expect([await read({ job: 'J', callback: null, ...partOf(0) }), log]).toEqual([[], []]);
  });

  it('does not delay one endpoint by another that hangs', async () => {
    const { log, read, outcomes } = world((endpoint) => (endpoint === 'dead' ? never() : Promise.resolve()));
    const toDead = Array.from({ length: 100 }, (_, n) => read({ job: `D${n}`, callback: 'dead', ...partOf(0) }));
    await settled();
    await read({ job: 'J', callback: 'alive', ...partOf(0) });
    expect(log).toEqual([
      ...Array.from({ length: endpointLimits.concurrency }, (_, n) => `dead results D${n}`),
      'alive results J',
    ]);
    // What neither runs nor waits has left for a retry topic, and is not counted as a try.
    const left = await Promise.all(toDead.slice(endpointLimits.concurrency + endpointLimits.waiting));
    expect(new Set(left.flatMap(topicsOf))).toEqual(new Set(['retry-5s.callbacks']));
    expect(new Set(left.flat().map(({ headers }) => headers['fl-attempt']))).toEqual(new Set(['1']));
    expect(outcomes).toEqual([...Array.from({ length: 64 }, () => 'postponed'), 'delivered']);
  });

  it('leaves an endpoint alone that fails, tries one after a while, and goes on when that worked', async () => {
    let works = false;
    const { clock, log, circuits, read } = world(() => (works ? Promise.resolve() : Promise.reject(failed())));
    const send = async (count: number) => {
      const before = log.length;
      const out = await Promise.all(Array.from({ length: count }, (_, n) => read({ job: `J${n}`, ...partOf(0) })));
      return { asked: log.length - before, topics: new Set(out.flatMap(topicsOf)), out };
    };
    const { asked, out } = await send(40);
    // Those that were under way when the fifth failed could not be called back.
    expect(asked).toBeGreaterThanOrEqual(endpointLimits.failuresToOpen);
    expect(asked).toBeLessThan(endpointLimits.failuresToOpen + endpointLimits.concurrency);
    expect(circuits.at(-1)).toBe(1);
    expect((await send(3)).asked).toBe(0);
    expect(out.flatMap(topicsOf).every((topic) => topic === 'retry-5s.callbacks')).toBe(true);

    clock.advance(endpointLimits.openMs);
    expect((await send(3)).asked).toBe(1);
    expect((await send(3)).asked).toBe(0);
    works = true;
    clock.advance(endpointLimits.openMs);
    expect(await send(1)).toMatchObject({ asked: 1, topics: new Set() });
    expect(circuits.at(-1)).toBe(0);
    expect((await send(3)).asked).toBe(3);
  });

  it('says in a dead letter why the endpoint was left alone', async () => {
    const { read, again } = world(() => Promise.reject(failed('shop.example answered with status 500.')));
    for (let n = 0; n < endpointLimits.failuresToOpen; n += 1) await read({ job: `J${n}`, ...partOf(0) });
    let out = await read({ job: 'last', ...partOf(0) });
    expect(out[0]?.topic).toBe('retry-5s.callbacks');
    while (out[0]?.topic !== 'dead-letters.callbacks') out = await again(out);
    expect(out[0].headers['__fanlight.errors.message']).toContain('shop.example answered with status 500.');
  });

  it('tries seven times over hours, then makes a dead letter that returns to callbacks alone', async () => {
    const { clock, read, again, log } = world(() => Promise.reject(failed()));
    const seen: string[] = [];
    let out = await read({ job: 'J', ...partOf(0) });
    for (; out[0]?.topic !== 'dead-letters.callbacks'; out = await again(out))
      seen.push(`${(clock.now() - startAt) / 1_000} s ${out[0]?.topic ?? ''}`);
    expect(seen).toEqual([
      '0 s retry-5s.callbacks',
      '5 s retry-30s.callbacks',
      '35 s retry-5m.callbacks',
      '335 s retry-30m.callbacks',
      '2135 s retry-2h.callbacks',
      '9335 s retry-6h.callbacks',
    ]);
    expect(log).toHaveLength(7);
    expect(out[0]?.headers).toMatchObject({
      '__fanlight.errors.topic': 'callbacks',
      '__fanlight.errors.attempts': '7',
      '__fanlight.errors.code': 'callback-failed',
    });
  });

  it('delivers the summary after the parts that are under way here', async () => {
    const release: (() => void)[] = [];
    const { log, read } = world((_endpoint, { kind }) =>
      kind === 'results' ? new Promise((resolve) => release.push(resolve)) : Promise.resolve(),
    );
    const work = [
      read({ job: 'J', ...partOf(0, 1) }),
      read({ job: 'J', ...partOf(2) }),
      read({ job: 'J', ...endOf(3) }),
    ];
    await settled();
    expect(log).toEqual(['a results J', 'a results J']);
    for (const go of release) go();
    expect((await Promise.all(work)).flat()).toEqual([]);
    expect(log.at(-1)).toBe('a finished J');
  });

  it('lets the summary wait for parts that are tried again, and for those that are given up no longer', async () => {
    let fails = true;
    const { log, read, again } = world((_endpoint, { kind }) =>
      fails && kind === 'results' ? Promise.reject(failed()) : Promise.resolve(),
    );
    const part = await read({ job: 'J', ...partOf(0) });
    const summary = await read({ job: 'J', ...endOf(1) });
    expect([topicsOf(part), topicsOf(summary), summary[0]?.headers['fl-attempt']]).toEqual([
      ['retry-5s.callbacks'],
      ['retry-5s.callbacks'],
      '1',
    ]);
    fails = false;
    expect(await again(part)).toEqual([]);
    expect(await again(summary)).toEqual([]);
    expect(log).toEqual(['a results J', 'a results J', 'a finished J']);

    const refused = world((_endpoint, { kind }) =>
      kind === 'results'
        ? Promise.reject(new FanlightError({ code: 'callback-refused', message: 'No.', remedy: 'None.' }))
        : Promise.resolve(),
    );
    expect(topicsOf(await refused.read({ job: 'J', ...partOf(0) }))).toEqual(['dead-letters.callbacks']);
    expect(await refused.read({ job: 'J', ...endOf(1) })).toEqual([]);
  });

  it('looks less often the longer a summary waits, and delivers it when no part can come any more', async () => {
    const { clock, log, read, again } = world();
    const seen: string[] = [];
    let out = await read({ job: 'J', ...endOf(1) });
    for (; out.length > 0; out = await again(out)) seen.push(out[0]?.topic ?? '');
    expect([...new Set(seen)]).toEqual([
      'retry-5s.callbacks',
      'retry-30s.callbacks',
      'retry-5m.callbacks',
      'retry-30m.callbacks',
      'retry-2h.callbacks',
    ]);
    expect(seen.length).toBeLessThan(60);
    expect(log).toEqual(['a finished J']);
    expect((clock.now() - startAt) / 3_600_000).toBeLessThan(15);
  });
});
