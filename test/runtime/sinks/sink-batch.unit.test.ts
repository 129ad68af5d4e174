import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createSinkBatcher } from '../../../runtime/sinks/sink-batch.js';
import { FanlightError } from '../../../schemas/failure.js';
import type { Rejection, Sink, SinkRecord } from '../../../sinks/sink.js';

interface Put {
  readonly offsets: readonly string[];
  readonly signal: AbortSignal;
  readonly store: (rejections?: readonly Rejection[]) => Promise<void>;
  readonly fail: () => Promise<void>;
}

/** A sink whose store answers when the test says so. */
function world() {
  const clock = createManualClock();
  const puts: Put[] = [];
  const unavailable: number[] = [];
  const sink: Sink<string> = {
    name: 'test',
    batch: { maxRecords: 10, maxDelayMs: 100 },
    open: () => Promise.resolve(),
    write: (batch, signal) =>
      new Promise((resolve, reject) => {
        const down = new FanlightError({
          code: 'sink-unavailable',
          message: 'The store is down.',
          remedy: 'Start it.',
        });
        const settle = (act: () => void) => async () => {
          act();
          await setImmediate();
        };
        puts.push({
          offsets: batch.map(({ offset }) => offset),
          signal: signal as AbortSignal,
          store: (rejections = []) => settle(() => resolve(rejections))(),
          fail: settle(() => reject(down)),
        });
      }),
    close: () => Promise.resolve(),
  };
  const onUnavailable = (_error: FanlightError, attempt: number) => unavailable.push(attempt);
  const batcher = createSinkBatcher({ sink, clock, random: () => 1, onUnavailable });
  /** Adds a record of an assignment. Returns its outcome, or the reason why it was handed back. */
  function add(offset: number, assignment: AbortController): Promise<unknown> {
    const record: SinkRecord<string> = { id: 'i', value: 'v', topic: 't', partition: 0, offset: String(offset) };
    return batcher.add(record, assignment.signal).catch((error: Error) => error.message);
  }
  const advance = async (ms: number) => {
    clock.advance(ms);
    await setImmediate();
  };
  return { puts, unavailable, add, advance };
}

const revoke = (assignment: AbortController) => assignment.abort(new Error('revoked'));

describe('a batch of a sink', () => {
  it('loses its revoked records before it is written', async () => {
    const { puts, add, advance } = world();
    const [former, current] = [new AbortController(), new AbortController()];
    const [gone, kept] = [add(1, former), add(2, current)];
    revoke(former);
    expect(await gone).toBe('revoked');
    await advance(100);
    expect(puts.map(({ offsets }) => offsets)).toEqual([['2']]);
    await puts[0]?.store();
    expect(await kept).toBeNull();
  });

  it('is not written again by a former owner while the store is down', async () => {
    const { puts, unavailable, add, advance } = world();
    const former = new AbortController();
    const gone = add(1, former);
    await advance(100);
    await puts[0]?.fail();
    await advance(10_000);
    await puts[1]?.fail();
    revoke(former);
    expect(await gone).toBe('revoked');
    await advance(60_000);
    expect([puts.length, unavailable]).toEqual([2, [1, 2]]);
  });

  it('is aborted inside a put, and counts as handed back even if the store has taken it', async () => {
    const { puts, unavailable, add, advance } = world();
    const former = new AbortController();
    const gone = [add(1, former), add(2, former)];
    await advance(100);
    expect(puts[0]?.signal.aborted).toBe(false);
    revoke(former);
    expect(puts[0]?.signal.aborted).toBe(true);
    await puts[0]?.store();
    expect(await Promise.all(gone)).toEqual(['revoked', 'revoked']);
    expect(unavailable).toEqual([]);
  });

  it('does not report the store as unavailable when a put fails because it was aborted', async () => {
    const { puts, unavailable, add, advance } = world();
    const former = new AbortController();
    const gone = add(1, former);
    await advance(100);
    revoke(former);
    await puts[0]?.fail();
    expect([await gone, unavailable]).toEqual(['revoked', []]);
  });

  it('is written again without the records that were revoked inside a put', async () => {
    const { puts, add, advance } = world();
    const [former, current] = [new AbortController(), new AbortController()];
    const [gone, kept] = [add(1, former), add(2, current)];
    await advance(100);
    revoke(former);
    await puts[0]?.fail();
    expect(puts.map(({ offsets }) => offsets)).toEqual([['1', '2'], ['2']]);
    await puts[1]?.store();
    expect([await gone, await kept]).toEqual(['revoked', null]);
  });

  it('gives each record its own outcome', async () => {
    const { puts, add, advance } = world();
    const current = new AbortController();
    const outcomes = [add(2, current), add(1, current)];
    await advance(100);
    expect(puts[0]?.offsets).toEqual(['1', '2']);
    const error = new FanlightError({ code: 'sink-rejected', message: 'No.', remedy: 'None.' });
    await puts[0]?.store([{ index: 1, error }]);
    expect(await Promise.all(outcomes)).toEqual([error, null]);
  });
});
