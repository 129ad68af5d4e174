import { describe, expect, it } from 'vitest';
import { Turns, type Release } from '../../primitives/turns.js';

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Takes turns for the hosts in order, and reports which have started. */
function takeAll(turns: Turns, hosts: readonly string[]) {
  const started: string[] = [];
  const releases = new Map<string, Release>();
  for (const name of hosts) {
    const host = name.replace(/\d+$/, '');
    void turns.take(host, never).then((release) => {
      started.push(name);
      releases.set(name, release);
    });
  }
  return { started, finish: (name: string) => releases.get(name)?.() };
}

describe('Turns', () => {
  it('skips the callers of a host at its limit', async () => {
    const { started, finish } = takeAll(new Turns({ overall: 3, perKey: 2 }), ['a1', 'a2', 'a3', 'b1', 'b2']);
    await settled();
    expect(started).toEqual(['a1', 'a2', 'b1']);
    finish('b1');
    await settled();
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2']);
    finish('a1');
    await settled();
    expect(started).toEqual(['a1', 'a2', 'b1', 'b2', 'a3']);
  });

  it('serves the callers of one host in FIFO order', async () => {
    const { started, finish } = takeAll(new Turns({ overall: 9, perKey: 1 }), ['a1', 'a2', 'a3']);
    await settled();
    finish('a1');
    await settled();
    finish('a2');
    await settled();
    expect(started).toEqual(['a1', 'a2', 'a3']);
  });

  it('drops an aborted caller, and gives the turn to the next one', async () => {
    const turns = new Turns({ overall: 1, perKey: 1 });
    const release = await turns.take('a', never);
    const abort = new AbortController();
    const givenUp = turns.take('a', abort.signal);
    const next = turns.take('b', never);
    abort.abort(new Error('no longer wanted'));
    await expect(givenUp).rejects.toThrow('no longer wanted');
    release();
    expect(await next).toBeTypeOf('function');
    await expect(turns.take('c', abort.signal)).rejects.toThrow('no longer wanted');
  });
});
