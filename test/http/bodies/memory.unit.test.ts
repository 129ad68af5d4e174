import { describe, expect, it } from 'vitest';
import { createBodyMemory } from '../../../http/bodies/memory.js';

const overloaded = expect.objectContaining({
  problem: expect.objectContaining({ code: 'overloaded' }) as unknown,
}) as unknown;
const noOwner = () => undefined;

describe('memory for bodies', () => {
  it('is released once, even when a request releases it twice', () => {
    const memory = createBodyMemory(100);
    const held = memory.hold(noOwner);
    held.take(60);
    expect(memory.taken).toBe(60);
    held.release();
    held.release();
    expect(memory.taken).toBe(0);
  });

  it('refuses the body that would be the largest', () => {
    const memory = createBodyMemory(100);
    memory.hold(noOwner).take(40);
    const large = memory.hold(noOwner);
    large.take(50);
    expect(() => large.take(20)).toThrow(overloaded);
    expect(memory.taken).toBe(40);
  });

  it('pushes out the largest body when a small one needs room', () => {
    const memory = createBodyMemory(100);
    const [large, middle, small] = [memory.hold(noOwner), memory.hold(noOwner), memory.hold(noOwner)];
    large.take(60);
    middle.take(35);
    small.take(10);
    expect([large.pushedOut.aborted, middle.pushedOut.aborted, memory.taken]).toEqual([true, false, 45]);
    expect(large.pushedOut.reason).toEqual(overloaded);
    expect(() => large.take(1)).toThrow(overloaded);
    expect(() => large.keep()).toThrow(overloaded);
  });

  it('refuses a new body rather than push out a complete one', () => {
    const memory = createBodyMemory(100);
    const whole = memory.hold(noOwner);
    whole.take(95);
    whole.keep();
    expect(() => memory.hold(noOwner).take(10)).toThrow(overloaded);
    expect([whole.pushedOut.aborted, memory.taken]).toEqual([false, 95]);
  });

  it('counts all bodies of a client together, so that many small ones have no advantage over a large one', () => {
    const memory = createBodyMemory(100);
    const flood = Array.from({ length: 9 }, () => memory.hold(() => 'flood'));
    for (const held of flood) held.take(10);
    const other = memory.hold(() => 'other');
    other.take(30);
    expect(flood.filter(({ pushedOut }) => pushedOut.aborted)).toHaveLength(2);
    expect([other.pushedOut.aborted, memory.taken]).toEqual([false, 100]);
    expect(() => memory.hold(() => 'flood').take(10)).toThrow(overloaded);
  });
});
