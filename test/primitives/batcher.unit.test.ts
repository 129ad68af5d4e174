import { describe, expect, it } from 'vitest';
import { createBatcher, type DispatchReason } from '../../primitives/batcher.js';
import { createSharedDevice } from '../../primitives/shared-device.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';

function harness(options: { maxSize?: number; concurrency?: number; groupOf?: (item: string) => string } = {}) {
  const clock = createManualClock(0);
  const log: { items: readonly string[]; reason?: DispatchReason }[] = [];
  const finishers: ((results?: readonly string[]) => void)[] = [];
  const batcher = createBatcher<string, string>({
    clock,
    maxSize: options.maxSize ?? 3,
    device: createSharedDevice(clock, options.concurrency ?? 1),
    concurrency: options.concurrency ?? 1,
    ...(options.groupOf ? { groupOf: options.groupOf } : {}),
    run(items) {
      log.push({ items });
      return new Promise((resolve) =>
        finishers.push((results) => resolve(results ?? items.map((item) => item.toUpperCase()))),
      );
    },
    onDispatch: (_size, reason) => log.push({ items: [], reason }),
    expired: (item) => new Error(`${item} expired`),
  });
  const batches = () => log.filter(({ items }) => items.length > 0).map(({ items }) => items.join(''));
  const reasons = () => log.flatMap(({ reason }) => (reason ? [reason] : []));
  const finish = async () => {
    finishers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, batcher, batches, reasons, finish, finishers };
}

const bulk = { delayMs: 50, priority: 1 };
const realtime = { delayMs: 1, priority: 0 };

describe('batcher', () => {
  it('dispatches a full batch without waiting', async () => {
    const { batcher, batches, reasons, finish } = harness();
    const results = ['a', 'b', 'c'].map((item) => batcher.add(item, bulk));
    expect(batches()).toEqual(['abc']);
    expect(reasons()).toEqual(['full']);
    await finish();
    expect(await Promise.all(results)).toEqual(['A', 'B', 'C']);
  });

  it('dispatches a batch when its oldest item has waited for its delay', () => {
    const { batcher, batches, reasons, clock } = harness();
    void batcher.add('a', bulk);
    clock.advance(30);
    void batcher.add('b', bulk);
    clock.advance(19);
    expect(batches()).toEqual([]);
    clock.advance(1);
    expect(batches()).toEqual(['ab']);
    expect(reasons()).toEqual(['delay']);
  });

  it('fills the batch of a realtime item with bulk items, realtime first', () => {
    const { batcher, batches, clock } = harness({ maxSize: 2 });
    void batcher.add('b', bulk);
    clock.advance(10);
    void batcher.add('r', realtime);
    expect(batches()).toEqual(['rb']);
  });

  it('queues items while a batch runs, and dispatches overdue ones as soon as the slot is free', async () => {
    const { batcher, batches, clock, finish } = harness({ maxSize: 2 });
    void batcher.add('a', bulk);
    void batcher.add('b', bulk);
    void batcher.add('c', bulk);
    clock.advance(500);
    expect(batches()).toEqual(['ab']);
    expect(batcher.waiting).toBe(1);
    await finish();
    expect(batches()).toEqual(['ab', 'c']);
  });

  it('rejects an item whose deadline passes before dispatch', async () => {
    const { batcher, batches, clock, finish } = harness({ maxSize: 1 });
    void batcher.add('a', bulk);
    const late = expect(batcher.add('late', { ...bulk, deadline: 100 })).rejects.toThrow('late expired');
    clock.advance(99);
    expect(batcher.waiting).toBe(1);
    clock.advance(1);
    await late; // even while the device is busy
    await finish();
    expect(batches()).toEqual(['a']);
  });

  it('dispatches an item before its deadline by the duration of the last batch', async () => {
    const { batcher, batches, reasons, clock, finish } = harness({ maxSize: 2 });
    void batcher.add('a', realtime);
    clock.advance(1);
    clock.advance(20);
    await finish();
    void batcher.add('b', { ...bulk, deadline: clock.now() + 40 });
    clock.advance(19);
    expect(batches()).toEqual(['a']);
    clock.advance(1);
    expect(batches()).toEqual(['a', 'b']);
    expect(reasons()).toEqual(['delay', 'deadline']);
  });

  it('dispatches an item without a delay at once', () => {
    const { batcher, batches, reasons } = harness();
    void batcher.add('a', { delayMs: 0, priority: 0 });
    expect(batches()).toEqual(['a']);
    expect(reasons()).toEqual(['idle']);
  });

  it('batches only items of the same group', () => {
    const { batcher, batches, clock } = harness({ maxSize: 2, concurrency: 9, groupOf: (item) => item.toLowerCase() });
    for (const item of ['a', 'b', 'A', 'c']) void batcher.add(item, bulk);
    expect(batches()).toEqual(['aA']);
    clock.advance(50);
    expect(batches()).toEqual(['aA', 'b', 'c']);
  });

  it('rejects every item of a failed batch, and continues', async () => {
    const { batcher, batches, finishers } = harness({ maxSize: 2 });
    const failing = [batcher.add('a', bulk), batcher.add('b', bulk)];
    finishers.shift()?.(['one result for two items']);
    const outcomes = await Promise.allSettled(failing);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    void batcher.add('c', bulk);
    void batcher.add('d', bulk);
    expect(batches()).toEqual(['ab', 'cd']);
  });

  it('dispatches every item at once when it drains', () => {
    const { batcher, batches, reasons } = harness();
    void batcher.add('a', bulk);
    batcher.drain();
    expect(batches()).toEqual(['a']);
    expect(reasons()).toEqual(['drain']);
  });

  it('drops unwanted items when it dispatches a batch', async () => {
    const { batcher, batches, finish } = harness({ maxSize: 2 });
    const gone = new Error('gone');
    let wanted = true;
    const first = batcher.add('a', { delayMs: 0, priority: 1 });
    const dropped = expect(batcher.add('b', { ...bulk, unwanted: () => (wanted ? undefined : gone) })).rejects.toBe(
      gone,
    );
    const kept = batcher.add('c', bulk);
    wanted = false;
    await finish();
    await dropped;
    void batcher.add('d', bulk);
    expect(batches()).toEqual(['a', 'cd']);
    await finish();
    expect(await Promise.all([first, kept])).toEqual(['A', 'C']);
  });

  it('runs no batch when all its items are unwanted', async () => {
    const { batcher, batches, clock } = harness();
    const dropped = expect(batcher.add('a', { ...bulk, unwanted: () => new Error('gone') })).rejects.toThrow('gone');
    clock.advance(50);
    await dropped;
    expect(batches()).toEqual([]);
    expect(batcher.waiting).toBe(0);
  });
});
