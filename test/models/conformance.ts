import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCard, type ModelCard, type CardInput } from '../../models/card.js';
import type { Framework, Inputs, LoadedModel } from '../../models/framework.js';
import { frameworks } from '../../models/frameworks.js';
import { verifyWeights } from '../../models/weights.js';
import type { Tensor } from '../../processors/values.js';
import { FanlightError } from '../../schemas/failure.js';
import { largestDifference } from './difference.js';

export interface FrameworkUnderTest {
  /** Key in `frameworks`. */
  readonly name: string;
  /** Folder with the card of a model of this framework. A small model keeps the tests fast. */
  readonly dir: string;
  /** Returns an item for the model, different for each seed. */
  inputs(seed: number): Inputs;
  /** Expected input as the model's errors describe it. Default: dtype and shape of the items. */
  readonly wanted?: string;
  /** Largest difference between the values of one item in batches of different sizes. Default: 0. */
  readonly batchTolerance?: number;
  /**
   * Bound for the memory growth after loading and disposing the model `loads` times: `heap` (JavaScript objects and
   * buffers) or `rss` (the whole process, for native runtimes; noisy). Choose values so that a leak would need at least
   * twice `mostMiB`.
   */
  readonly memory: { readonly of: 'heap' | 'rss'; readonly loads: number; readonly mostMiB: number };
  /** Outputs of another implementation for the seeds 0, 1, ..., by output name. */
  readonly reference?: {
    readonly rows: Readonly<Record<string, readonly ArrayLike<number>[]>>;
    readonly tolerance: number;
  };
}

const options = { threads: 1, device: 'cpu' } as const;
const otherInputs: Readonly<Record<'image' | 'features', CardInput>> = {
  image: { kind: 'features', from: [{ model: 'scene@1', outputs: ['features'] }] },
  features: {
    kind: 'image',
    size: [8, 8],
    resize: { mode: 'crop', shortSide: 8 },
    colour: 'RGB',
    layout: 'NHWC',
    dtype: 'uint8',
  },
};

/** The tests that every framework has to pass. */
export function frameworkConformance(subject: FrameworkUnderTest): void {
  const { name, dir, batchTolerance = 0 } = subject;

  describe(`framework ${name} conforms`, { timeout: 60_000 }, () => {
    const card = loadCard(dir);
    let framework: Framework;
    let model: LoadedModel;

    beforeAll(async () => {
      framework = await frameworks[name]!.open();
      model = await framework.load(card, dir, options);
      await model.warmUp();
    });
    afterAll(() => model.dispose());

    const batch = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => subject.inputs(from + at));
    /** Returns all outputs of each item, concatenated. */
    async function run(of: LoadedModel, items: readonly Inputs[]): Promise<number[][]> {
      const outputs = await of.run(items);
      return items.map((_, i) => card.outputs.flatMap((output) => Array.from(outputs[output.name]![i]!)));
    }

    test('returns every output of the card, with one row of its shape per item', async () => {
      const outputs = await model.run(batch(0, card.maxBatch));
      for (const output of card.outputs) {
        const size = output.shape.slice(1).reduce<number>((product, side) => product * Number(side), 1);
        expect(outputs[output.name]?.map((row) => row.length)).toEqual(Array(card.maxBatch).fill(size));
      }
    });

    test('returns the same rows for an item alone, in a small batch and in the largest batch', async () => {
      const largest = await run(model, batch(0, card.maxBatch));
      const few = await run(model, batch(0, Math.min(3, card.maxBatch)));
      const alone = [];
      for (const one of batch(0, few.length)) alone.push(...(await run(model, [one])));
      expect(largestDifference(few, largest.slice(0, few.length))).toBeLessThanOrEqual(batchTolerance);
      expect(largestDifference(few, alone)).toBeLessThanOrEqual(batchTolerance);
    });

    test('returns different rows for different items', async () => {
      const [first] = await run(model, [subject.inputs(0)]);
      const [second] = await run(model, [subject.inputs(1)]);
      expect(largestDifference([first!], [second!])).toBeGreaterThan(batchTolerance);
    });

    test('isolates concurrent batches, and leaves rows of earlier batches unchanged', async () => {
      const alone = [];
      for (const one of batch(0, 3)) alone.push(await run(model, [one]));
      const held = await model.run([subject.inputs(0)]);
      expect(await Promise.all(batch(0, 3).map((one) => run(model, [one])))).toEqual(alone);
      expect([card.outputs.flatMap((output) => Array.from(held[output.name]![0]!))]).toEqual(alone[0]);
    });

    test('does not change its inputs', async () => {
      const item = subject.inputs(0);
      await model.run([item]);
      expect(item).toEqual(subject.inputs(0));
    });

    test('returns empty lists for an empty batch', async () => {
      expect(await model.run([])).toEqual(Object.fromEntries(card.outputs.map((output) => [output.name, []])));
    });

    describe('refuses a wrong input and names the given and the expected shape', () => {
      const fine = subject.inputs(0);
      const shown = (tensor: Tensor) => `${tensor.dtype} [${tensor.shape.join(',')}]`;

      test.each(Object.keys(fine))('%s', (input) => {
        const { dtype, shape, data } = fine[input]!;
        const [first = 0, ...rest] = shape;
        const larger = [first + 1, ...rest];
        const wrong = [
          blank(dtype, larger),
          { dtype, shape: [1, ...shape], data },
          blank(dtype === 'uint8' ? 'float32' : 'uint8', shape),
        ];
        expect(model.refuse(fine)).toBeNull();
        for (const tensor of wrong) {
          const refusal = model.refuse({ ...fine, [input]: tensor });
          expect(refusal).toMatchObject({ code: 'wrong-tensor', kind: 'permanent' });
          expect(refusal?.message).toContain(shown(tensor));
          expect(refusal?.message).toContain(subject.wanted ?? shown(fine[input]!));
        }
        const { [input]: _, ...others } = fine;
        expect(model.refuse(others)).toMatchObject({
          code: 'wrong-tensor',
          message: expect.stringContaining(subject.wanted ?? shown(fine[input]!)),
        });
      });
    });

    test('dispose makes a model unusable, is idempotent, and does not affect other models', async () => {
      const other = await framework.load(card, dir, options);
      const before = await run(model, [subject.inputs(0)]);
      await other.dispose();
      await expect(other.run([subject.inputs(0)])).rejects.toMatchObject({
        code: 'model-failed',
        message: expect.stringMatching(/ failed: .* disposed\.$/),
      });
      await other.dispose();
      expect(await run(model, [subject.inputs(0)])).toEqual(before);
    });

    test('dispose frees the memory of a model', async () => {
      const { of, loads, mostMiB } = subject.memory;
      const held: LoadedModel[] = []; // keeps the models reachable, so that only `dispose` can free their memory
      const load = async (count: number) => {
        for (let i = 0; i < count; i += 1) {
          const loaded = await framework.load(card, dir, options);
          held.push(loaded);
          await loaded.run([subject.inputs(0)]);
          await loaded.dispose();
        }
        return memoryOf(of);
      };
      let before = await load(Math.ceil(loads / 4)); // absorbs the memory that the runtime keeps permanently
      // A leak grows in every stretch. Allocator arenas (one per contended thread) grow only occasionally.
      const grownMiB: number[] = [];
      for (let stretch = 0; stretch < 3 && Math.min(...grownMiB) >= mostMiB; stretch += 1) {
        const after = await load(loads);
        grownMiB.push((after - before) / 2 ** 20);
        before = after;
      }
      expect(Math.min(...grownMiB), `grown by ${grownMiB.join(', ')} MiB`).toBeLessThan(mostMiB);
    });

    describe('load rejects weights', () => {
      let folder = '';
      let original: Buffer;
      beforeAll(async () => {
        folder = mkdtempSync(join(tmpdir(), 'conformance-'));
        original = readFileSync(await verifyWeights(card, dir));
      });
      afterAll(() => rmSync(folder, { recursive: true }));

      /** Writes the weights to the folder and returns a card for them, with the original or the given size and hash. */
      function beside(
        contents: Uint8Array,
        { sha256, bytes }: { sha256: string; bytes: number } = card.weights!,
      ): ModelCard {
        const file = basename(card.weights!.file);
        writeFileSync(join(folder, file), contents);
        return { ...card, weights: { ...card.weights!, package: undefined, file, sha256, bytes } };
      }

      test('with one changed bit', async () => {
        const changed = Buffer.from(original);
        changed[changed.length >> 1]! ^= 1;
        await expect(framework.load(beside(changed), folder, options)).rejects.toMatchObject({
          code: 'corrupt-weights',
        });
      });

      test('that are truncated', async () => {
        await expect(
          framework.load(beside(original.subarray(0, original.length >> 1)), folder, options),
        ).rejects.toMatchObject({ code: 'corrupt-weights' });
      });

      test('that were truncated before their hash was computed', async () => {
        const half = original.subarray(0, original.length >> 1);
        const refusal = await framework
          .load(
            beside(half, { sha256: createHash('sha256').update(half).digest('hex'), bytes: half.length }),
            folder,
            options,
          )
          .catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(FanlightError);
        expect(refusal).toMatchObject({
          code: expect.stringMatching(/^(?:corrupt-weights|model-failed)$/),
          kind: 'fatal',
        });
      });

      test('that are missing', async () => {
        await expect(
          framework.load(
            { ...card, weights: { ...card.weights!, package: undefined, file: 'missing' } },
            folder,
            options,
          ),
        ).rejects.toMatchObject({ code: 'corrupt-weights' });
      });
    });

    test.each([
      ['another framework', { framework: 'caffe' }],
      ['another kind of input', { input: otherInputs[card.input.kind === 'features' ? 'features' : 'image'] }],
      ['no weights', { weights: undefined }],
    ])('load rejects a card with %s', async (_what, change) => {
      await expect(framework.load({ ...card, ...change }, dir, options)).rejects.toMatchObject({
        code: 'invalid-card',
      });
    });

    const { reference } = subject;
    test.runIf(reference)(`agrees with another implementation to ${reference?.tolerance}`, async () => {
      for (const [output, rows] of Object.entries(reference!.rows)) {
        const given = [];
        for (let at = 0; at < rows.length; at += card.maxBatch)
          given.push(...(await model.run(batch(at, Math.min(at + card.maxBatch, rows.length))))[output]!);
        expect(largestDifference(given, rows)).toBeLessThan(reference!.tolerance);
      }
    });
  });
}

function blank(dtype: Tensor['dtype'], shape: readonly number[]): Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return { dtype, shape, data: dtype === 'uint8' ? new Uint8Array(size) : new Float32Array(size) };
}

function memoryOf(what: 'heap' | 'rss'): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 3; i += 1) collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return what === 'rss' ? rss : heapUsed + external;
}
