import { describe, expect, it } from 'vitest';
import { OffsetTracker } from '../../../../runtime/kafka/consumer/offset-tracker.js';
import { createWindow } from '../../../../primitives/window.js';

describe('offset tracker', () => {
  it('commits only up to the first unfinished record', () => {
    const tracker = new OffsetTracker();
    const [five, six, nine] = [5n, 6n, 9n].map((offset) => tracker.accept(offset));
    expect(tracker.next()).toBeUndefined();
    six?.();
    nine?.();
    expect(tracker.next()).toBeUndefined();
    five?.();
    expect(tracker.next()).toBe(10n); // compaction has removed offsets 7 and 8
  });

  it('offers no offset until another record is finished', () => {
    const tracker = new OffsetTracker();
    tracker.accept(0n)();
    expect(tracker.next()).toBe(1n);
    tracker.committed(1n);
    expect(tracker.next()).toBeUndefined();
    tracker.accept(1n)();
    expect(tracker.next()).toBe(2n);
  });

  it('rejects an offset that does not rise', () => {
    const tracker = new OffsetTracker();
    tracker.accept(3n);
    expect(() => tracker.accept(3n)).toThrow('offset 3 follows 3');
  });
});

describe('window', () => {
  it('bounds items and bytes, but admits an oversized item when it is alone', async () => {
    const window = createWindow({ items: 2, bytes: 100 });
    expect(window.tryAcquire(500)).toBe(true);
    expect(window.tryAcquire(1)).toBe(false);
    const freed = window.freed();
    window.release(500);
    await freed;
    expect([window.tryAcquire(60), window.tryAcquire(60), window.tryAcquire(40), window.tryAcquire(0)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    const empty = window.empty();
    window.release(60);
    window.release(40);
    await empty;
    expect(window.held).toBe(0);
  });
});
