import { describe, expect, it } from 'vitest';
import { createBodyMemory } from '../../../http/bodies/memory.js';

const overloaded = expect.objectContaining({
  problem: expect.objectContaining({ code: 'overloaded' }) as unknown,
}) as unknown;
const nobody = () => undefined;

describe('memory for bodies', () => {
  it('is given back, once, however often a request lets go of it', () => {
    const memory = createBodyMemory(100);
    const held = memory.hold(nobody);
    held.take(60);
    expect(memory.taken).toBe(60);
    held.release();
    held.release();
    expect(memory.taken).toBe(0);
  });

  it('refuses the body that would be the largest', () => {
    const memory = createBodyMemory(100);
    memory.hold(nobody).take(40);
    const large = memory.hold(nobody);
    large.take(50);
    expect(() => large.take(20)).toThrow(overloaded);
    expect(memory.taken).toBe(40);
  });

  it('pushes out the largest body when a small one needs room', () => {
    const memory = createBodyMemory(100);
    const [large, middle, small] = [memory.hold(nobody), memory.hold(nobody), memory.hold(nobody)];
    large.take(60);
    middle.take(35);
    small.take(10);
    expect([large.pushedOut.aborted, middle.pushedOut.aborted, memory.taken]).toEqual([true, false, 45]);
    expect(large.pushedOut.reason).toEqual(overloaded);
    expect(() => large.take(1)).toThrow(overloaded);
    expect(() => large.keep()).toThrow(overloaded);
  });

  it('does not push out a body that is whole, and refuses the new one then', () => {
    const memory = createBodyMemory(100);
    const whole = memory.hold(nobody);
    whole.take(95);
    whole.keep();
    expect(() => memory.hold(nobody).take(10)).toThrow(overloaded);
    expect([whole.pushedOut.aborted, memory.taken]).toEqual([false, 95]);
  });

  it('counts what a client holds together, so that many small bodies of one are no better off than a large one', () => {
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
