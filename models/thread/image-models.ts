import type { Tensor } from '../../processors/values.js';
import { FanlightError } from '../../schemas/failure.js';
import { modelIdOf, type ImageInput, type ModelCard, type ScaledImageInput } from '../card.js';
import type { Framework, Inputs, LoadOptions } from '../framework.js';
import { verifyWeightFiles } from '../weights.js';
import type { Names } from './messages.js';
import { ModelThread, type Runtime } from './model-thread.js';

/** Pixels. */
type Size = readonly [width: number, height: number];

/** An image model on its runtime's thread. */
export interface ImageModel {
  /** "scene@1" */
  readonly id: string;
  readonly card: ModelCard;
  /**
   * One row per input and output name, in the order of the batch; independent of how inputs are batched. Inputs are
   * copied, not mutated. `[]` gives empty lists.
   * @param batch at most `card.maxBatch` tensors of the card's input shape, uint8 row-major.
   * @param size of all images of the batch, where the card leaves it open.
   * @throws FanlightError `wrong-tensor` for a wrong size or too large a batch, `model-failed` when the runtime fails.
   */
  run(batch: readonly Uint8Array[], size?: Size): Promise<Record<string, Float32Array[]>>;
  /** Runs one blank image, so that the first request does not pay for what the runtime does once. */
  warmUp(): Promise<void>;
  /** Frees the session's memory; the model can not be run any more. */
  dispose(): Promise<void>;
}

/**
 * Verifies and loads a card's weights into the process's thread of that runtime.
 * @throws FanlightError `corrupt-weights`, `invalid-card` (not an image model of this framework, or other outputs than
 *   the file has) or `model-failed`.
 */
export type LoadImageModel = (card: ModelCard, dir: string, options: LoadOptions) => Promise<ImageModel>;

const inputName = 'input';

/** All models of one runtime share one thread, which starts with the first of them and ends with the last. */
export function imageModelLoader(framework: string, runtime: Runtime): LoadImageModel {
  let thread: ModelThread | undefined;
  let modelsInUse = 0;
  let lastSession = 0;

  function sharedThread(): ModelThread {
    if (thread === undefined || thread.dead) {
      thread = new ModelThread(runtime);
      modelsInUse = 0;
    }
    return thread;
  }

  /** Ends the thread after its last model, so that nothing of the runtime is left when a process drains. */
  async function leave(owner: ModelThread): Promise<void> {
    if (owner !== thread) return;
    modelsInUse -= 1;
    if (modelsInUse > 0) return;
    thread = undefined;
    await owner.terminate();
  }

  return async function loadImageModel(card, dir, { threads }) {
    const id = modelIdOf(card);
    const { input } = card;
    if (card.framework !== framework || (input.kind !== 'image' && input.kind !== 'scaled-image')) {
      throw invalid(id, `it is a "${card.framework}" model of kind "${input.kind}", not an image model of the framework "${framework}"`);
    }
    const files = await verifyWeightFiles(card, dir);
    const owner = sharedThread();
    modelsInUse += 1;
    const session = (lastSession += 1);
    try {
      const loaded = await owner.request(id, { kind: 'load', session, ...files, threads });
      if (loaded.kind === 'loaded') checkNames(id, card, loaded);
    } catch (error) {
      await leave(owner);
      throw error;
    }
    return imageModel({ id, card, input, owner, session, leave: () => leave(owner) });
  };
}

/** A framework of image models, whose batches are as large as their cards allow. */
export function imageFramework(load: LoadImageModel): Framework {
  return {
    batches: true,
    async load(card, dir, options) {
      const model = await load(card, dir, options);
      return {
        run: async (batch) => model.run(batch.map(({ input }) => input?.data as Uint8Array), commonSize(model.id, batch)), // `refuse` saw them
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
  readonly owner: ModelThread;
  readonly session: number;
  leave(): Promise<void>;
}

function imageModel({ id, card, input, owner, session, leave }: Loaded): ImageModel {
  const largest: Size = input.kind === 'image' ? input.size : [input.longSide, input.longSide];
  const names = card.outputs.map((output) => output.name);
  let disposed = false;

  async function run(batch: readonly Uint8Array[], size = largest): Promise<Record<string, Float32Array[]>> {
    const [width, height] = input.kind === 'image' ? input.size : size;
    const rowBytes = width * height * 3;
    if (batch.length === 0) return Object.fromEntries(names.map((name) => [name, []]));
    if (batch.length > card.maxBatch) {
      throw wrong(`Model ${id} takes at most ${card.maxBatch} images at once, and was given ${batch.length}.`, 'Lower the batch size, or raise maxBatch in the card.');
    }
    const data = new Uint8Array(batch.length * rowBytes);
    for (const [index, row] of batch.entries()) {
      if (row.length !== rowBytes) {
        throw wrong(`Model ${id} takes uint8 [${height},${width},3] (${rowBytes} values), but input ${index} of the batch has [${row.length}].`, "Preprocess images to the input spec of the model's card.");
      }
      data.set(row, index * rowBytes);
    }
    const shape = [batch.length, height, width, 3];
    const reply = await owner.request(id, { kind: 'run', session, input: inputName, outputs: names, data, shape }, [data.buffer]);
    return reply.kind === 'ran' ? rowsOf(names, reply.outputs, batch.length) : {};
  }

  async function warmUp(): Promise<void> {
    await run([new Uint8Array(largest[0] * largest[1] * 3)]);
  }

  async function dispose(): Promise<void> {
    if (disposed) return;
    disposed = true;
    if (!owner.dead) await owner.request(id, { kind: 'release', session });
    await leave();
  }

  return { id, card, run, warmUp, dispose };
}

function rowsOf(names: readonly string[], outputs: readonly Float32Array[], count: number): Record<string, Float32Array[]> {
  return Object.fromEntries(
    names.map((name, index) => {
      const all = outputs[index] ?? new Float32Array();
      const size = all.length / count;
      return [name, Array.from({ length: count }, (_, row) => all.slice(row * size, (row + 1) * size))];
    }),
  );
}

function refuseImage(card: ModelCard, input: Tensor | undefined): FanlightError | null {
  const given = input ? shown(input) : 'no input named "input"';
  const wanted = wantedOf(card.input);
  if (wanted === given || (card.input.kind === 'scaled-image' && input && fits(card.input, input))) return null;
  return wrong(`Model ${modelIdOf(card)} takes ${wanted} and was given ${given}.`, "Preprocess images to the input spec of the model's card.");
}

/** As `shown` would show it where there is one size only. */
function wantedOf(input: ModelCard['input']): string {
  if (input.kind === 'image') return `uint8 [${input.size[1]},${input.size[0]},3]`;
  return input.kind === 'scaled-image' ? `uint8 [H,W,3], H and W multiples of ${input.multipleOf} up to ${input.longSide},` : 'no image';
}

function fits({ multipleOf, longSide }: ScaledImageInput, { dtype, shape: [height = 0, width = 0, channels, ...rest] }: Tensor): boolean {
  const isSide = (side: number) => side > 0 && side <= longSide && side % multipleOf === 0;
  return dtype === 'uint8' && channels === 3 && rest.length === 0 && isSide(height) && isSide(width);
}

/** That of the first image; who makes batches keeps groups apart. */
function commonSize(id: string, batch: readonly Inputs[]): Size | undefined {
  const [first, ...others] = batch.map(({ input }) => input);
  if (first === undefined) return undefined;
  const odd = others.find((other) => other?.shape.join() !== first.shape.join());
  if (odd) throw wrong(`Model ${id} takes images of one size in a batch, and was given ${shown(first)} and ${shown(odd)}.`, 'Make batches of one group only (groupOf).');
  const [height = 0, width = 0] = first.shape;
  return [width, height];
}

function shown({ dtype, shape }: Tensor): string {
  return `${dtype} [${shape.join(',')}]`;
}

function checkNames(id: string, card: ModelCard, { inputs, outputs }: Names): void {
  if (!inputs.includes(inputName)) throw invalid(id, `the weights have the inputs ${inputs.join(', ')}, but "${inputName}" is needed`);
  const missing = card.outputs.map((output) => output.name).filter((name) => !outputs.includes(name));
  if (missing.length > 0) throw invalid(id, `the weights have the outputs ${outputs.join(', ')}, but the card also names ${missing.join(', ')}`);
}

function invalid(id: string, problem: string): FanlightError {
  return new FanlightError({ code: 'invalid-card', message: `Model ${id} can not be loaded: ${problem}.`, remedy: 'Correct the card, or convert the weights as models/train describes.' });
}

function wrong(message: string, remedy: string): FanlightError {
  return new FanlightError({ code: 'wrong-tensor', message, remedy });
}
