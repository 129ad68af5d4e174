import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryImageStore } from '../../../adapters/image-store/memory-image-store.js';
import { defaultAliasRoutes } from '../../../models/aliases.js';
import { openCatalogue } from '../../../models/catalogue.js';
import { executionOf, loadModel } from '../../../models/frameworks.js';
import { createModelHost } from '../../../models/host.js';
import { createModelRouter } from '../../../models/router.js';
import { bytesOfFloats, floatsOfBytes } from '../../../primitives/float-bytes.js';
import type { Tensor } from '../../../processors/values.js';
import { createDriver, type Driver } from '../../../runtime/memory/driver.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMemoryCodec } from '../../../runtime/memory/memory-codec.js';
import { modelInputMessage, readModelOutcome } from '../../../runtime/models/model-request.js';
import type { ModelInput } from '../../../schemas/models/requests.js';
import { fanlightTopology } from '../../../topology/main.js';
import { modelQueueOf } from '../../../topology/model-queue.js';
import { placementNames } from '../../../topology/placements.js';
import { roomTypeInputs } from '../../models/linear/room-type-inputs.js';

/** Deterministic noise. */
function pixels(seed: number): Tensor {
  return {
    dtype: 'uint8',
    shape: [224, 224, 3],
    data: Uint8Array.from({ length: 224 * 224 * 3 }, (_, at) => ((at + seed) * 2_654_435_761) >>> 24),
  };
}

/** Builds a request with items, as the gateway writes it. */
function inputOf(model: string, items: readonly Readonly<Record<string, Tensor>>[]): ModelInput {
  const names = Object.keys(items[0] ?? {});
  const inputs = names.map((name) => {
    const tensors = items.map((item) => item[name] as Tensor);
    const { dtype = 'uint8', shape = [] } = tensors[0] ?? {};
    const bytes = tensors.map(({ data }) => (data instanceof Float32Array ? bytesOfFloats(data) : data));
    return [name, { dtype, shape, data: Buffer.concat(bytes) }] as const;
  });
  return { model, items: items.length, inputs: Object.fromEntries(inputs) };
}

describe.each(placementNames)('tensors without a photo, in the placement %s,', (placement) => {
  const clock = createManualClock();
  const topology = fanlightTopology(placement);
  const codec = createMemoryCodec();
  const batches: string[] = [];
  const host = createModelHost({
    catalogue: openCatalogue(join(import.meta.dirname, '../../../models/catalogue')),
    load: (card, dir, { cores, instances }) => loadModel(card, dir, { threads: cores, instances, device: 'cpu' }),
    executionOf: (card) => executionOf(card, { cores: 2 }),
    clock,
    lanes: new Map(topology.lanes.map((lane) => [lane.name, lane])),
    cores: 2,
    observer: { onBatch: (modelId, size) => batches.push(`${modelId} ${size}`) },
  });
  const models = createModelRouter({ host, routes: defaultAliasRoutes });
  let driver: Driver;
  let asked = 0;

  beforeAll(async () => {
    const urls = { fetch: (url: string) => Promise.reject(new Error(`no answer for ${url}`)) };
    driver = await createDriver({
      topology,
      ports: { clock, images: createMemoryImageStore(), urls, models },
      clock,
      codec,
      waiting: () => host.waiting,
    });
  });
  afterAll(() => host.close());

  async function write(
    input: ModelInput,
    { deadline = clock.now() + 5_000, client }: { readonly deadline?: number; readonly client?: string } = {},
  ): Promise<string> {
    const queue = modelQueueOf(topology);
    if (!queue) throw new Error('the topology has no queue for models');
    const id = `request-${(asked += 1)}`;
    driver.write(
      await modelInputMessage(input, {
        queue,
        codec,
        id,
        now: clock.now(),
        source: '/test',
        traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`,
        deadline,
        ...(client === undefined ? {} : { client }),
      }),
    );
    return id;
  }

  async function outcomeOf(id: string) {
    const records = [...driver.read('model-outputs.realtime'), ...driver.read('dead-letters.realtime')];
    const read = await Promise.all(records.map((record) => readModelOutcome(record, codec)));
    return read.flatMap((each) => (each?.origin === id ? [each.outcome] : []));
  }

  async function ask(input: ModelInput) {
    const id = await write(input);
    await driver.settle();
    const [outcome, ...more] = await outcomeOf(id);
    if (!outcome || more.length > 0) throw new Error(`${more.length + (outcome ? 1 : 0)} outcomes for ${id}`);
    return outcome;
  }

  it('return the same outputs as the model alone, item by item in order', async () => {
    const items = [pixels(1), pixels(2), pixels(3)].map((input) => ({ input }));
    const outcome = await ask(inputOf('scene@1', items));
    if (!('output' in outcome)) throw outcome.error;
    const { output } = outcome;
    expect({ ...output, outputs: Object.keys(output.outputs) }).toEqual({
      model: 'scene@1',
      items: 3,
      outputs: ['probs', 'features'],
      timings: { models: { queueMs: 0, durationMs: 0 } },
    });
    const direct = await Promise.all(
      items.map((item) => host.run('scene@1', item, { lane: 'realtime', deadline: undefined })),
    );
    for (const name of ['probs', 'features']) {
      const [got, wanted] = [
        floatsOfBytes(output.outputs[name] ?? new Uint8Array()),
        direct.flatMap((outputs) => [...(outputs[name] ?? [])]),
      ];
      expect(got.length).toBe(wanted.length);
      expect(Math.max(...wanted.map((value, at) => Math.abs(value - (got[at] ?? NaN))))).toBeLessThan(1e-5);
    }
  });

  it.each([
    ['room-type@1', 'room-type@1'],
    ['room-type@stable', 'room-type@2'],
  ])('reach %s, which takes outputs of other models, and name the version that answered: %s', async (model, served) => {
    const items = [roomTypeInputs(0), roomTypeInputs(1)];
    const outcome = await ask(inputOf(model, items));
    if (!('output' in outcome)) throw outcome.error;
    const direct = await Promise.all(
      items.map((item) => host.run(served, item, { lane: 'realtime', deadline: undefined })),
    );
    expect([outcome.output.model, floatsOfBytes(outcome.output.outputs['probs'] ?? new Uint8Array())]).toEqual([
      served,
      Float32Array.from(direct.flatMap(({ probs }) => [...(probs ?? [])])),
    ]);
  });

  it('follow an alias that an operator moved, and select its canary by the client name', async () => {
    models.setRoute('room-type@stable', {
      to: 'room-type@2',
      canary: { to: 'room-type@1', percent: 0, clients: ['acme'] },
    });
    const served = async (client?: string) => {
      const id = await write(inputOf('room-type@stable', [roomTypeInputs(0)]), client === undefined ? {} : { client });
      await driver.settle();
      return (await outcomeOf(id)).map((outcome) => ('output' in outcome ? outcome.output.model : outcome.error));
    };
    expect([await served('acme'), await served('other'), await served()]).toEqual([
      ['room-type@1'],
      ['room-type@2'],
      ['room-type@2'],
    ]);
  });

  it('of different clients share batches', async () => {
    await ask(inputOf('moderation@1', [{ input: pixels(0) }])); // Loads the model.
    batches.length = 0;
    for (const items of [[1, 2], [3], [4]])
      await write(
        inputOf(
          'moderation@1',
          items.map((seed) => ({ input: pixels(seed) })),
        ),
      );
    await driver.settle();
    // The first request finds the device idle. The others arrive while it computes.
    expect(batches).toEqual(['moderation@1 1', 'moderation@1 3']);
  });

  it.each<[string, ModelInput, string]>([
    ['an unknown model', inputOf('nothing@1', [{ input: pixels(0) }]), 'unknown-model'],
    ['an unknown alias', inputOf('scene@nowhere', [{ input: pixels(0) }]), 'unknown-model'],
    ['a wrong shape', inputOf('scene@1', [{ input: { ...pixels(0), shape: [224, 672] } }]), 'wrong-tensor'],
    ['fewer values than items', { ...inputOf('scene@1', [{ input: pixels(0) }]), items: 2 }, 'wrong-tensor'],
    [
      'a missing input',
      inputOf('room-type@2', [
        { 'scene@1/features': { dtype: 'float32', shape: [1280], data: new Float32Array(1280) } },
      ]),
      'wrong-tensor',
    ],
  ])('become a dead letter because of %s, and the worker continues', async (_name, input, code) => {
    expect(await ask(input)).toMatchObject({ error: { code } });
    expect(await ask(inputOf('room-type@1', [roomTypeInputs(0)]))).toHaveProperty('output');
  });

  it('become dead letters after their deadline', async () => {
    const id = await write(inputOf('scene@1', [{ input: pixels(0) }]), { deadline: clock.now() - 1 });
    await driver.settle();
    expect(await outcomeOf(id)).toMatchObject([{ error: { code: 'deadline-exceeded' } }]);
  });
});

it('tensors without a photo are read by the worker that runs the models of the lane', () => {
  const workers = placementNames.map((placement) => [placement, modelQueueOf(fanlightTopology(placement))?.worker]);
  expect(Object.fromEntries(workers)).toEqual({ staged: 'infer', compact: 'fetch' });
});

it('a topology without models in the realtime lane has no model queue', () => {
  const { plans, ...rest } = fanlightTopology('staged');
  expect(
    modelQueueOf({ ...rest, plans: plans.filter(({ stage, lane }) => lane.name !== 'realtime' || stage === 'fetch') }),
  ).toBeUndefined();
});
