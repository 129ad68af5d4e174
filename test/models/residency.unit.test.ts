import { describe, expect, it } from 'vitest';
import { Residency } from '../../models/residency.js';

const sizes: Readonly<Record<string, number>> = { a: 40, b: 40, c: 40, d: 100, huge: 101 };

function world({ budgetMiB = 100, pinned = [] as string[], failing = [] as string[] } = {}) {
  const log: string[] = [];
  const broken = new Set(failing);
  const residency = new Residency<string>({
    budgetMiB,
    pinned: new Set(pinned),
    sizeOf: (id) => sizes[id] ?? 0,
    async load(id) {
      log.push(`+${id}`);
      await new Promise((resolve) => setImmediate(resolve));
      if (broken.has(id)) throw new Error(`${id} is broken`);
      return id.toUpperCase();
    },
    unload: async (id) => void log.push(`-${id}`),
  });
  const use = async (id: string) => (await residency.acquire(id)).release();
  return { residency, log, use, broken };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('residency', () => {
  it('loads a model once for concurrent first requests', async () => {
    const { residency, log } = world();
    expect(residency.stateOf('a')).toBe('absent');
    const leases = await Promise.all([residency.acquire('a'), residency.acquire('a')]);
    expect(leases.map(({ model }) => model)).toEqual(['A', 'A']);
    expect([log, residency.stateOf('a'), residency.takenMiB]).toEqual([['+a'], 'resident', 40]);
  });

  it('evicts the least recently used model', async () => {
    const { log, use } = world();
    for (const id of ['a', 'b', 'a', 'c']) await use(id);
    expect(log).toEqual(['+a', '+b', '-b', '+c']);
  });

  it('never evicts a pinned model', async () => {
    const { log, use } = world({ pinned: ['a'] });
    for (const id of ['a', 'b', 'c']) await use(id);
    expect(log).toEqual(['+a', '+b', '-b', '+c']);
  });

  it('evicts a model only after its work in flight, and gives it no new work meanwhile', async () => {
    const { residency, log } = world({ budgetMiB: 40 });
    const first = await residency.acquire('a');
    const other = residency.acquire('b');
    await settled();
    expect(residency.stateOf('a')).toBe('leaving');
    const again = residency.acquire('a');
    await settled();
    expect(log).toEqual(['+a']);
    first.release();
    (await other).release();
    expect((await again).model).toBe('A');
    expect(log).toEqual(['+a', '-a', '+b', '-b', '+a']);
    expect(residency.takenMiB).toBe(40);
  });

  it('stays within the budget under concurrent requests, and serves all of them', async () => {
    const { residency, log } = world({ budgetMiB: 80 });
    let most = 0;
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const lease = await residency.acquire(['a', 'b', 'c'][index % 3] as string);
        most = Math.max(most, residency.takenMiB);
        await settled();
        lease.release();
      }),
    );
    expect(most).toBeLessThanOrEqual(80);
    expect(log.length).toBeLessThan(12); // one turn serves all waiting requests, not one
  });

  it('rejects a model that can never fit, and names the sizes', async () => {
    const { residency, use } = world({ pinned: ['a'] });
    await expect(residency.acquire('huge')).rejects.toThrow(
      'Model huge needs 101 MiB, more than the budget of 100 MiB has room for, of which pinned models take 40 MiB.',
    );
    await expect(residency.acquire('d')).rejects.toMatchObject({ code: 'insufficient-memory' });
    await use('b');
    expect(residency.takenMiB).toBe(40);
  });

  it('rejects all waiting requests of a failed load, and loads again at the next request', async () => {
    const { residency, broken, log } = world({ failing: ['a'] });
    const asked = [residency.acquire('a'), residency.acquire('a')];
    await expect(Promise.allSettled(asked)).resolves.toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect([residency.takenMiB, residency.stateOf('a')]).toEqual([0, 'absent']);
    broken.clear();
    expect((await residency.acquire('a')).model).toBe('A');
    expect(log).toEqual(['+a', '+a']);
  });

  it('unloads one model on request, and every model on close', async () => {
    const { residency, log, use } = world();
    await use('a');
    await use('b');
    await residency.unload('a');
    expect([log, residency.stateOf('a'), residency.takenMiB]).toEqual([['+a', '+b', '-a'], 'absent', 40]);
    await residency.close();
    expect(residency.takenMiB).toBe(0);
  });
});
