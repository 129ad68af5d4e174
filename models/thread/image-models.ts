import { FanlightError } from '../../schemas/failure.js';
import { modelIdOf, type ImageInput, type ModelCard, type ScaledImageInput } from '../card.js';
import type { Framework, Inputs, LoadOptions } from '../framework.js';
import { verifyWeightFiles } from '../weights.js';
import { commonSize, refuseImage, wrongTensor, type Size } from './image-inputs.js';
import type { Names } from './messages.js';
import { ModelThread, type Runtime } from './model-thread.js';

/** An image model that runs on its own threads. */
export interface ImageModel {
  /** Model id, such as "scene@1". */
  readonly id: string;
  readonly card: ModelCard;
  /**
   * Returns, per output name, one row for each input, in order. The results do not depend on how inputs are batched.
   * Inputs are copied, not mutated. An empty batch gives empty lists.
   * @param batch at most `card.maxBatch` tensors of the card's input shape, uint8 row-major.
   * @param size size of all images of the batch, for cards that allow several sizes.
   * @throws FanlightError `wrong-tensor` for a wrong size or too large a batch, `model-failed` when the runtime fails.
   */
  run(batch: readonly Uint8Array[], size?: Size): Promise<Record<string, Float32Array[]>>;
  /** Runs one blank image on each instance, so that the first request does not pay for lazy initialisation. */
  warmUp(): Promise<void>;
  /** Ends the threads after the batches in flight and frees their memory. The model cannot run afterwards. */
  dispose(): Promise<void>;
}

/**
 * Verifies a card's weights and loads them into each instance of the model.
 * @throws FanlightError `corrupt-weights`, `invalid-card` (not an image model of this framework, or outputs that the
 * weights lack) or `model-failed`.
 */
export type LoadImageModel = (card: ModelCard, dir: string, options: LoadOptions) => Promise<ImageModel>;

const inputName = 'input';

/**
 * Creates a loader. Each instance of a model has its own thread, so loading or computing never blocks another instance.
 * Disposing the model ends the thread, which frees all its memory.
 */
export function imageModelLoader(framework: string, runtime: Runtime): LoadImageModel {
  return async function loadImageModel(card, dir, { threads, device, instances = 1 }) {
    const id = modelIdOf(card);
    const { input } = card;
    if (card.framework !== framework || (input.kind !== 'image' && input.kind !== 'scaled-image')) {
      throw invalid(
        id,
        `it is a "${card.framework}" model of kind "${input.kind}", not an image model of the framework "${framework}"`,
      );
    }
    const files = await verifyWeightFiles(card, dir);

    async function start(): Promise<ModelThread> {
      const thread = new ModelThread(runtime);
      try {
        const loaded = await thread.request(id, { kind: 'load', ...files, threads, device });
        if (loaded.kind === 'loaded') checkNames(id, card, loaded);
        return thread;
      } catch (error) {
        await thread.terminate();
        throw error;
      }
    }

    const started = await Promise.allSettled(Array.from({ length: instances }, start));
    const running = started.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const model = imageModel({ id, card, input, instances: running });
    const failure = started.find((outcome) => outcome.status === 'rejected');
    if (failure === undefined) return model;
    await model.dispose();
    throw failure.reason;
  };
}

/** A framework of image models. The card limits the batch size. */
export function imageFramework(load: LoadImageModel): Framework {
  return {
    async load(card, dir, options) {
      const model = await load(card, dir, options);
      return {
        run: async (batch) =>
          model.run(
            batch.map(({ input }) => input?.data as Uint8Array),
            commonSize(model.id, batch),
          ), // `refuse` has checked the inputs
        refuse: ({ input }) => refuseImage(card, input),
        ...(card.input.kind === 'scaled-image' ? { groupOf: ({ input }: Inputs) => input?.shape.join('x') ?? '' } : {}),
        warmUp: () => model.warmUp(),
        dispose: () => model.dispose(),
      };
    },
  };
}

interface Loaded {
  readonly id: string;
  readonly card: ModelCard;
  readonly input: ImageInput | ScaledImageInput;
  readonly instances: readonly ModelThread[];
}

function imageModel({ id, card, input, instances }: Loaded): ImageModel {
  const largest: Size = input.kind === 'image' ? input.size : [input.longSide, input.longSide];
  const names = card.outputs.map((output) => output.name);
  let disposed = false;

  async function run(batch: readonly Uint8Array[], size = largest): Promise<Record<string, Float32Array[]>> {
    if (disposed) throw failed(`Model ${id} failed: it was disposed.`);
    const [width, height] = input.kind === 'image' ? input.size : size;
    const rowBytes = width * height * 3;
    if (batch.length === 0) return Object.fromEntries(names.map((name) => [name, []]));
    if (batch.length > card.maxBatch) {
      throw wrongTensor(
        `Model ${id} takes at most ${card.maxBatch} images at once, but got ${batch.length}.`,
        'Lower the batch size, or raise maxBatch in the card.',
      );
    }
    const data = new Uint8Array(batch.length * rowBytes);
    for (const [index, row] of batch.entries()) {
      if (row.length !== rowBytes) {
        throw wrongTensor(
          `Model ${id} takes uint8 [${height},${width},3] (${rowBytes} values), but input ${index} of the batch has [${row.length}].`,
          "Preprocess images to the input spec of the model's card.",
        );
      }
      data.set(row, index * rowBytes);
    }
    return runOn(leastBusy(instances), data, [batch.length, height, width, 3]);
  }

  async function runOn(
    instance: ModelThread,
    data: Uint8Array<ArrayBuffer>,
    shape: readonly [number, number, number, number],
  ): Promise<Record<string, Float32Array[]>> {
    const reply = await instance.request(id, { kind: 'run', input: inputName, outputs: names, data, shape }, [
      data.buffer,
    ]);
    return reply.kind === 'ran' ? rowsOf(names, reply.outputs, shape[0]) : {};
  }

  async function warmUp(): Promise<void> {
    const [width, height] = largest;
    await Promise.all(
      instances.map((instance) => runOn(instance, new Uint8Array(width * height * 3), [1, height, width, 3])),
    );
  }

  async function dispose(): Promise<void> {
    if (disposed) return;
    disposed = true;
    await Promise.all(
      instances.map(async (instance) => {
        if (!instance.dead) await instance.request(id, { kind: 'release' });
        await instance.terminate();
      }),
    );
  }

  return { id, card, run, warmUp, dispose };
}

function leastBusy(instances: readonly ModelThread[]): ModelThread {
  return instances.reduce((best, instance) => (instance.pending < best.pending ? instance : best));
}

function rowsOf(
  names: readonly string[],
  outputs: readonly Float32Array[],
  count: number,
): Record<string, Float32Array[]> {
  return Object.fromEntries(
    names.map((name, index) => {
      const all = outputs[index] ?? new Float32Array();
      const size = all.length / count;
      return [name, Array.from({ length: count }, (_, row) => all.slice(row * size, (row + 1) * size))];
    }),
  );
}

function checkNames(id: string, card: ModelCard, { inputs, outputs }: Names): void {
  if (!inputs.includes(inputName))
    throw invalid(id, `the weights have the inputs ${inputs.join(', ')}, but "${inputName}" is needed`);
  const missing = card.outputs.map((output) => output.name).filter((name) => !outputs.includes(name));
  if (missing.length > 0)
    throw invalid(
      id,
      `the weights have the outputs ${outputs.join(', ')}, but the card also names ${missing.join(', ')}`,
    );
}

function invalid(id: string, problem: string): FanlightError {
  return new FanlightError({
    code: 'invalid-card',
    message: `Model ${id} cannot be loaded: ${problem}.`,
    remedy: `Correct models/catalogue/${id}/card.json, or convert the weights as training describes.`,
  });
}

function failed(message: string): FanlightError {
  return new FanlightError({ code: 'model-failed', message, remedy: 'Load the model again before running it.' });
}
