import { FanlightError } from '../../schemas/failure.js';
import { modelIdOf, type ImageInput, type ModelCard } from '../card.js';
import { verifyWeights } from '../weights.js';
import { OnnxThread } from './thread.js';

export interface OnnxOptions {
  /** Threads inside one operator; the cores that this process may use. */
  readonly threads: number;
  readonly device: 'cpu';
}

export interface LoadedModel {
  /** "scene@1" */
  readonly id: string;
  readonly card: ModelCard;
  /**
   * One row per input and output name, in the order of the batch; independent of how inputs are batched. Inputs are
   * copied, not mutated. `[]` gives empty lists.
   * @param batch at most `card.maxBatch` tensors of the card's input shape, uint8 row-major.
   * @throws FanlightError `wrong-tensor` for a wrong size or too large a batch, `model-failed` when the runtime fails.
   */
  run(batch: readonly Uint8Array[]): Promise<Record<string, Float32Array[]>>;
  /** Runs the smallest and the largest batch once, so that the first request does not pay for allocation. */
  warmUp(): Promise<void>;
  /** Frees the session's memory; the model can not be run any more. */
  dispose(): Promise<void>;
}

const inputName = 'input';

let thread: OnnxThread | undefined;
let modelsInUse = 0;
let lastSession = 0;

function sharedThread(): OnnxThread {
  if (thread === undefined || thread.dead) {
    thread = new OnnxThread();
    modelsInUse = 0;
  }
  return thread;
}

/** Ends the thread after its last model, so that nothing of the runtime is left when a process drains. */
async function leave(owner: OnnxThread): Promise<void> {
  if (owner !== thread) return;
  modelsInUse -= 1;
  if (modelsInUse > 0) return;
  thread = undefined;
  await owner.terminate();
}

/**
 * Verifies and loads a card's ONNX weights into the process's ONNX thread.
 * @throws FanlightError `corrupt-weights`, `invalid-card` (not an ONNX image model, or other outputs than the file has)
 *   or `model-failed`.
 */
export async function loadOnnx(card: ModelCard, dir: string, options: OnnxOptions): Promise<LoadedModel> {
  const id = modelIdOf(card);
  const { input } = card;
  if (card.framework !== 'onnx' || input.kind !== 'image') {
    throw invalid(id, `it is a "${card.framework}" model of kind "${input.kind}", not an ONNX image model`);
  }
  const path = await verifyWeights(card, dir);
  const owner = sharedThread();
  modelsInUse += 1;
  const session = (lastSession += 1);
  try {
    const loaded = await owner.request(id, { kind: 'load', session, path, threads: options.threads });
    if (loaded.kind === 'loaded') checkNames(id, card, loaded.inputs, loaded.outputs);
  } catch (error) {
    await leave(owner);
    throw error;
  }
  return onnxModel({ id, card, input, owner, session });
}

interface Loaded {
  readonly id: string;
  readonly card: ModelCard;
  readonly input: ImageInput;
  readonly owner: OnnxThread;
  readonly session: number;
}

function onnxModel({ id, card, input, owner, session }: Loaded): LoadedModel {
  const [width, height] = input.size;
  const rowBytes = width * height * 3;
  const names = card.outputs.map((output) => output.name);
  let disposed = false;

  async function run(batch: readonly Uint8Array[]): Promise<Record<string, Float32Array[]>> {
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
    const blank = new Uint8Array(rowBytes);
    await run([blank]);
    await run(Array.from({ length: card.maxBatch }, () => blank));
  }

  async function dispose(): Promise<void> {
    if (disposed) return;
    disposed = true;
    if (!owner.dead) await owner.request(id, { kind: 'release', session });
    await leave(owner);
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

function checkNames(id: string, card: ModelCard, inputs: readonly string[], outputs: readonly string[]): void {
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
