import { describe, expect, it } from 'vitest';
import { createBatcher } from '../../primitives/batcher.js';
import { createSharedDevice } from '../../primitives/shared-device.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';

/** Models that share a device. */
function world(slots: number) {
  const clock = createManualClock(0);
  const device = createSharedDevice(clock, slots);
  const started: string[] = [];
  const finishers: (() => void)[] = [];
  const model = (name: string, cost = 1) =>
    createBatcher<string, string>({
      clock,
      device,
      maxSize: 2,
      concurrency: slots,
      cost,
      run(items) {
        started.push(`${name}:${items.join('')}`);
        return new Promise((resolve) => finishers.push(() => resolve(items)));
      },
      expired: (item) => new Error(`${item} expired`),
    });
  const finish = async () => {
    finishers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    clock,
    started,
    finish,
    scene: model('scene'),
    text: model('text'),
    wide: model('wide', 2),
    huge: model('huge', 99),
  };
}

const bulk = { delayMs: 0, priority: 1 };
const realtime = { delayMs: 0, priority: 0 };

describe('a device', () => {
  it('limits concurrent batches across all models', async () => {
    const { scene, text, started, finish } = world(2);
    for (const item of ['a', 'b', 'c']) void scene.add(item, bulk);
    void text.add('t', bulk);
    expect(started).toEqual(['scene:a', 'scene:b']);
    await finish();
    expect(started).toEqual(['scene:a', 'scene:b', 'scene:c']);
    await finish();
    expect(started).toEqual(['scene:a', 'scene:b', 'scene:c', 'text:t']);
  });

  it('runs the more urgent lane first, across all models', async () => {
    const { scene, text, clock, started, finish } = world(1);
    void scene.add('a', bulk);
    void scene.add('b', bulk);
    clock.advance(10);
    void text.add('r', realtime);
    await finish();
    expect(started).toEqual(['scene:a', 'text:r']);
  });

  it('adds items that arrived while their batch waited for the device', async () => {
    const { scene, text, started, finish } = world(1);
    void text.add('t', bulk);
    void scene.add('a', bulk);
    void scene.add('b', bulk);
    await finish();
    expect(started).toEqual(['text:t', 'scene:ab']);
  });

  it('runs costly work only when its capacity is free, and never lets less urgent work overtake it', async () => {
    const { scene, text, wide, clock, started, finish } = world(2);
    void scene.add('a', bulk);
    clock.advance(1);
    void wide.add('w', bulk);
    clock.advance(1);
    void text.add('t', bulk);
    expect(started).toEqual(['scene:a']);
    await finish();
    expect(started).toEqual(['scene:a', 'wide:w']);
    await finish();
    expect(started).toEqual(['scene:a', 'wide:w', 'text:t']);
  });

  it('gives its whole capacity to work that costs more than that', async () => {
    const { huge, scene, started, finish } = world(2);
    void huge.add('h', bulk);
    void scene.add('a', bulk);
    expect(started).toEqual(['huge:h']);
    await finish();
    expect(started).toEqual(['huge:h', 'scene:a']);
  });

  it('ignores a batcher that has left', async () => {
    const { scene, text, started } = world(1);
    scene.close();
    void text.add('t', bulk);
    expect(started).toEqual(['text:t']);
    expect(scene.waiting).toBe(0);
  });
});
