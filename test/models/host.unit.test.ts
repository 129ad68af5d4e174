import { describe, expect, it } from 'vitest';
import type { ModelCard } from '../../models/card.js';
import type { Inputs, LoadedModel } from '../../models/framework.js';
import { createModelHost } from '../../models/host.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';
import { FanlightError } from '../../schemas/failure.js';

const image = (value: number): Inputs => ({ input: { dtype: 'float32', shape: [1], data: Float32Array.of(value) } });
const bulk = { lane: 'bulk', deadline: undefined } as const;
const realtime = { lane: 'realtime', deadline: undefined } as const;
const lanes = new Map([
  ['realtime', { batchDelayMs: 0, priority: 0 }],
  ['bulk', { batchDelayMs: 50, priority: 1 }],
] as const);

/** A host of models that double their input. Models in `broken` cannot be loaded. */
function world({
  ids = ['double@1'],
  memoryMiB = 10,
  budgetMiB = Infinity,
  pinned = [] as string[],
  broken = [] as string[],
} = {}) {
  const clock = createManualClock(0);
  const log: string[] = [];
  const damaged = new Set(broken);
  const card = (id: string) =>
    ({ name: id.split('@')[0], version: 1, maxBatch: 4, memoryMiB, outputs: [] }) as unknown as ModelCard;
  const host = createModelHost({
    catalogue: { models: new Map(ids.map((id) => [id, { card: card(id), dir: '/nowhere' }])) },
    clock,
    lanes,
    cores: 1,
    executionOf: () => ({ batches: true, instances: 1, cores: 1 }),
    budgetMiB,
    pinned,
    async load({ name }): Promise<LoadedModel> {
      log.push(`load ${name}`);
      if (damaged.has(name))
        throw new FanlightError({
          code: 'corrupt-weights',
          message: `The weights of ${name} are damaged.`,
          remedy: 'Restore them.',
        });
      return {
        run: async (batch) => ({ out: batch.map(({ input }) => Float32Array.of(2 * Number(input?.data[0]))) }),
        refuse: ({ input }) =>
          input ? null : new FanlightError({ code: 'wrong-tensor', message: 'no input', remedy: 'give one' }),
        warmUp: async () => void log.push(`warm ${name}`),
        dispose: async () => void log.push(`dispose ${name}`),
      };
    },
    observer: { onBatch: (id, size, reason) => log.push(`batch ${id} ${size} ${reason}`) },
  });
  return { host, clock, log, damaged };
}

describe('the model host', () => {
  it('loads a model once, at its first task, warms it up and batches tasks', async () => {
    const { host, clock, log } = world();
    expect(log).toEqual([]);
    const answers = [host.run('double@1', image(1), bulk), host.run('double@1', image(2), bulk)];
    await expect.poll(() => host.waiting).toBe(2);
    clock.advance(50);
    expect((await Promise.all(answers)).map(({ out }) => out?.[0])).toEqual([2, 4]);
    expect(log).toEqual(['load double', 'warm double', 'batch double@1 2 delay']);
  });

  it('rejects an unknown model by name, also as a pinned model', async () => {
    const { host } = world();
    await expect(host.run('triple@1', image(1), bulk)).rejects.toThrow(
      'There is no model "triple@1" in the catalogue.',
    );
    expect(() => world({ pinned: ['triple@1'] })).toThrow('There is no model "triple@1" in the catalogue.');
  });

  it('alternates between models that do not fit into memory together', async () => {
    const { host, log } = world({ ids: ['a@1', 'b@1'], budgetMiB: 10 });
    const answers = await Promise.all([
      host.run('a@1', image(1), realtime),
      host.run('b@1', image(2), realtime),
      host.run('a@1', image(3), realtime),
    ]);
    expect(answers.map(({ out }) => out?.[0])).toEqual([2, 4, 6]);
    expect(log.filter((line) => /load|dispose/.test(line))).toEqual(['load a', 'dispose a', 'load b']);
  });

  it('runs other models despite a damaged one, and retries its load after a delay', async () => {
    const { host, clock, log, damaged } = world({ ids: ['a@1', 'b@1'], broken: ['a'] });
    // Transient: another worker may have intact files.
    await expect(host.run('a@1', image(1), realtime)).rejects.toMatchObject({
      code: 'corrupt-weights',
      kind: 'transient',
    });
    await expect(host.run('a@1', image(1), realtime)).rejects.toMatchObject({ code: 'corrupt-weights' });
    expect(log).toEqual(['load a']);
    expect(host.states()[0]).toMatchObject({ id: 'a@1', state: 'absent', failure: 'The weights of a are damaged.' });
    expect((await host.run('b@1', image(2), realtime)).out?.[0]).toBe(4);
    damaged.clear();
    clock.advance(10_000);
    expect((await host.run('a@1', image(1), realtime)).out?.[0]).toBe(2);
    expect(host.states()[0]).toMatchObject({ state: 'resident', failure: null });
  });

  it('preloads pinned models, and fails when one cannot be loaded', async () => {
    const { host, log } = world({ ids: ['a@1', 'b@1'], pinned: ['a@1'] });
    await host.preload();
    expect(log).toEqual(['load a', 'warm a']);
    await expect(world({ pinned: ['double@1'], broken: ['double'] }).host.preload()).rejects.toMatchObject({
      code: 'corrupt-weights',
      kind: 'fatal',
    });
  });

  it('loads and unloads a model on request', async () => {
    const { host, log } = world();
    await host.load('double@1');
    expect(host.states()).toEqual([
      { id: 'double@1', state: 'resident', memoryMiB: 10, pinned: false, waiting: 0, failure: null },
    ]);
    await host.unload('double@1');
    expect(host.states()[0]?.state).toBe('absent');
    await expect(host.load('triple@1')).rejects.toThrow('There is no model "triple@1"');
    expect(log).toEqual(['load double', 'warm double', 'dispose double']);
  });

  it('rejects wrong inputs without running the model', async () => {
    const { host } = world();
    await expect(host.run('double@1', {}, bulk)).rejects.toMatchObject({ code: 'wrong-tensor' });
  });
});
