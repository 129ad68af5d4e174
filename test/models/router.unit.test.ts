import { describe, expect, it } from 'vitest';
import type { ModelCard } from '../../models/card.js';
import { createModelHost } from '../../models/host.js';
import { createModelRouter, type ShadowAnswer } from '../../models/router.js';
import { chooseVersion, type KnownVersions, type AliasRoute } from '../../models/alias-route.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';
import { FanlightError } from '../../schemas/failure.js';

/** Versions 1 and 2 of a model that returns its version. `shown` collects the answers of shadows. */
function world(
  routes: Record<string, AliasRoute>,
  broken: readonly number[] = [],
  incompatibilities: NonNullable<KnownVersions['incompatibilities']> = () => [],
) {
  const card = (version: number) =>
    ({ name: 'room', version, maxBatch: 8, memoryMiB: 1, outputs: [] }) as unknown as ModelCard;
  const host = createModelHost({
    catalogue: {
      models: new Map([1, 2].map((version) => [`room@${version}`, { card: card(version), dir: '/nowhere' }])),
    },
    clock: createManualClock(0),
    lanes: new Map([
      ['realtime', { batchDelayMs: 0, priority: 0 }],
      ['backfill', { batchDelayMs: 0, priority: 2 }],
    ]),
    cores: 1,
    executionOf: () => ({ batches: true, instances: 1, cores: 1 }),
    load: async ({ version }) => {
      if (broken.includes(version))
        throw new FanlightError({
          code: 'corrupt-weights',
          message: `Version ${version} is damaged.`,
          remedy: 'Restore it.',
        });
      return {
        run: async (batch) => ({ out: batch.map(() => Float32Array.of(version)) }),
        refuse: () => null,
        warmUp: async () => undefined,
        dispose: async () => undefined,
      };
    },
  });
  const shown: ShadowAnswer[] = [];
  const router = createModelRouter({
    host,
    routes: new Map(Object.entries(routes)),
    incompatibilities,
    onShadow: async (answer) => void shown.push(answer),
  });
  const ask = async (reference: string, imageId = 'photo-1', client?: string) => {
    const served: string[] = [];
    const model = await router.open(reference);
    const { out } = await model.infer(
      {},
      { lane: 'realtime', deadline: undefined, imageId, client, served: (id) => served.push(id) },
    );
    return { version: out?.[0], served };
  };
  return { router, ask, shown };
}

describe('an alias', () => {
  it('runs the current version of its route, and reports that version', async () => {
    const { router, ask } = world({ 'room@stable': { to: 'room@1' } });
    expect(await ask('room@stable')).toEqual({ version: 1, served: ['room@1'] });
    router.setRoute('room@stable', { to: 'room@2' });
    expect(await ask('room@stable')).toEqual({ version: 2, served: ['room@2'] });
    expect(await ask('room@1')).toEqual({ version: 1, served: ['room@1'] });
  });

  it('is resolved for each task, also by a model that was opened before the change', async () => {
    const { router } = world({ 'room@stable': { to: 'room@1' } });
    const model = await router.open('room@stable');
    router.setRoute('room@stable', { to: 'room@2' });
    const { out } = await model.infer(
      {},
      { lane: 'realtime', deadline: undefined, imageId: 'a', client: undefined, served: () => undefined },
    );
    expect(out?.[0]).toBe(2);
  });

  it('serves the canary to its clients, and assigns other clients by image', async () => {
    const { ask } = world({ 'room@stable': { to: 'room@1', canary: { to: 'room@2', percent: 0, clients: ['acme'] } } });
    expect((await ask('room@stable', 'photo-1', 'acme')).served).toEqual(['room@2']);
    expect((await ask('room@stable', 'photo-1', 'other')).served).toEqual(['room@1']);
  });

  it('reports the answer of a shadow, but does not return it', async () => {
    const { ask, shown } = world({ 'room@stable': { to: 'room@1', shadow: 'room@2' } });
    expect(await ask('room@stable')).toEqual({ version: 1, served: ['room@1'] });
    await expect.poll(() => shown.length).toBe(1);
    expect(shown[0]).toMatchObject({
      alias: 'room@stable',
      imageId: 'photo-1',
      served: 'room@1',
      shadow: 'room@2',
      shadowOutputs: { out: Float32Array.of(2) },
      failure: null,
    });
  });

  it('drains once every shadow answer was handled', async () => {
    const { ask, shown, router } = world({ 'room@stable': { to: 'room@1', shadow: 'room@2' } });
    await ask('room@stable', 'photo-1');
    await ask('room@stable', 'photo-2');
    await router.drain();
    expect(shown.map(({ imageId }) => imageId)).toEqual(['photo-1', 'photo-2']);
  });

  it('answers even if its shadow fails', async () => {
    const { ask, shown } = world({ 'room@stable': { to: 'room@1', shadow: 'room@2' } }, [2]);
    expect((await ask('room@stable')).version).toBe(1);
    await expect.poll(() => shown.length).toBe(1);
    expect(shown[0]).toMatchObject({ shadowOutputs: null, failure: 'Version 2 is damaged.' });
  });

  it('is rejected with all problems when its versions do not exist', () => {
    const { router } = world({});
    expect(() =>
      router.setRoute('room', { to: 'room@9', canary: { to: 'room@1', percent: 101, clients: [] }, shadow: 'den@1' }),
    ).toThrow(
      'The alias room cannot be set: "room" is not an alias: expected a name such as room-type@stable; there is no model room@9 in the catalogue; there is no model den@1 in the catalogue; 101 % is not between 0 and 100.',
    );
    expect([...router.routes]).toEqual([]);
  });

  it('is rejected when a pipeline cannot feed its version, its canary or its shadow', () => {
    const { router } = world({}, [], (alias, id) => (id === 'room@2' ? [`${alias} is not fed for ${id}`] : []));
    router.setRoute('room@stable', { to: 'room@1' });
    const refusal = 'The alias room@stable cannot be set: room@stable is not fed for room@2.';
    for (const route of [
      { to: 'room@2' },
      { to: 'room@1', canary: { to: 'room@2', percent: 5, clients: [] } },
      { to: 'room@1', shadow: 'room@2' },
    ]) {
      expect(() => router.setRoute('room@stable', route)).toThrow(refusal);
    }
    expect(router.routes.get('room@stable')).toEqual({ to: 'room@1' });
  });

  it('fails tasks that name it once it is removed', async () => {
    const { router, ask } = world({ 'room@stable': { to: 'room@1' } });
    router.setRoute('room@stable', null);
    await expect(ask('room@stable')).rejects.toThrow('There is no model or alias "room@stable".');
  });
});

describe('a canary', () => {
  const route: AliasRoute = { to: 'room@1', canary: { to: 'room@2', percent: 20, clients: [] } };
  const choose = (index: number) =>
    chooseVersion('room@stable', route, { imageId: `photo-${index}`, client: undefined });

  it('gets its percentage of the images', () => {
    const canaries = Array.from({ length: 5_000 }, (_, index) => choose(index)).filter((id) => id === 'room@2').length;
    expect(canaries / 5_000).toBeGreaterThan(0.18);
    expect(canaries / 5_000).toBeLessThan(0.22);
  });

  it('keeps its images when its percentage grows', () => {
    const more: AliasRoute = { ...route, canary: { to: 'room@2', percent: 50, clients: [] } };
    const kept = Array.from({ length: 500 }, (_, index) => index).filter((index) => choose(index) === 'room@2');
    expect(
      kept.every(
        (index) => chooseVersion('room@stable', more, { imageId: `photo-${index}`, client: undefined }) === 'room@2',
      ),
    ).toBe(true);
  });
});
