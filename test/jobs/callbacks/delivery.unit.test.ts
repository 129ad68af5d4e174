import { describe, expect, it } from 'vitest';
import { endpointLimits } from '../../../jobs/callbacks/endpoints.js';
import type { OutgoingMessage } from '../../../runtime/records/message.js';
import { FanlightError } from '../../../schemas/failure.js';
import { callbacksWorker, startAt } from './delivery-worker.js';

const settled = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const failed = (message = 'It was down.') => new FanlightError({ code: 'callback-failed', message, remedy: 'Wait.' });

const partOf = (...items: number[]) => ({ part: { key: `p${items.join()}`, items, failed: {} } });
const endOf = (images: number) => ({ summary: { images, tagged: images, failed: 0, cancelled: 0 } });
const topicsOf = (out: readonly OutgoingMessage[]) => out.map(({ topic }) => topic);
const never = () => new Promise<void>(() => undefined);

describe('deliveries', () => {
  it('ignores jobs without a callback', async () => {
    const { log, read } = callbacksWorker();
    expect([await read({ job: 'J', callback: null, ...partOf(0) }), log]).toEqual([[], []]);
  });

  it('does not delay an endpoint while another endpoint hangs', async () => {
    const { log, read, outcomes } = callbacksWorker((endpoint) => (endpoint === 'dead' ? never() : Promise.resolve()));
    const toDead = Array.from({ length: 100 }, (_, n) => read({ job: `D${n}`, callback: 'dead', ...partOf(0) }));
    await settled();
    await read({ job: 'J', callback: 'alive', ...partOf(0) });
    expect(log).toEqual([
      ...Array.from({ length: endpointLimits.concurrency }, (_, n) => `dead results D${n}`),
      'alive results J',
    ]);
    // Deliveries beyond the bounds go to a retry topic. That does not count as an attempt.
    const left = await Promise.all(toDead.slice(endpointLimits.concurrency + endpointLimits.waiting));
    expect(new Set(left.flatMap(topicsOf))).toEqual(new Set(['retry-5s.callbacks']));
    expect(new Set(left.flat().map(({ headers }) => headers['fl-attempt']))).toEqual(new Set(['1']));
    expect(outcomes).toEqual([...Array.from({ length: 64 }, () => 'postponed'), 'delivered']);
  });

  it('opens the circuit of a failing endpoint, and closes it after a successful trial', async () => {
    let works = false;
    const { clock, log, circuits, read } = callbacksWorker(() =>
      works ? Promise.resolve() : Promise.reject(failed()),
    );
    const send = async (count: number) => {
      const before = log.length;
      const out = await Promise.all(Array.from({ length: count }, (_, n) => read({ job: `J${n}`, ...partOf(0) })));
      return { asked: log.length - before, topics: new Set(out.flatMap(topicsOf)), out };
    };
    const { asked, out } = await send(40);
    // Deliveries that were in flight at the fifth failure had already reached the endpoint.
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

  it('writes the last failure of the endpoint into a dead letter of an open circuit', async () => {
    const { read, again } = callbacksWorker(() => Promise.reject(failed('shop.example answered with status 500.')));
    for (let n = 0; n < endpointLimits.failuresToOpen; n += 1) await read({ job: `J${n}`, ...partOf(0) });
    let out = await read({ job: 'last', ...partOf(0) });
    expect(out[0]?.topic).toBe('retry-5s.callbacks');
    while (out[0]?.topic !== 'dead-letters.callbacks') out = await again(out);
    expect(out[0].headers['__fanlight.errors.message']).toContain('shop.example answered with status 500.');
  });

  it('makes seven attempts over hours, then writes a dead letter that returns only to `callbacks`', async () => {
    const { clock, read, again, log } = callbacksWorker(() => Promise.reject(failed()));
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

  it('delivers the summary after the parts that this process has in flight', async () => {
    const release: (() => void)[] = [];
    const { log, read } = callbacksWorker((_endpoint, { kind }) =>
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

  it('delays the summary while parts are retried, but not after they were given up', async () => {
    let fails = true;
    const { log, read, again } = callbacksWorker((_endpoint, { kind }) =>
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

    const refused = callbacksWorker((_endpoint, { kind }) =>
      kind === 'results'
        ? Promise.reject(new FanlightError({ code: 'callback-refused', message: 'No.', remedy: 'None.' }))
        : Promise.resolve(),
    );
    expect(topicsOf(await refused.read({ job: 'J', ...partOf(0) }))).toEqual(['dead-letters.callbacks']);
    expect(await refused.read({ job: 'J', ...endOf(1) })).toEqual([]);
  });

  it('checks a waiting summary ever less often, and delivers it after 12 hours without its parts', async () => {
    const { clock, log, read, again } = callbacksWorker();
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
