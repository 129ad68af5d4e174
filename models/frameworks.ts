import { FanlightError } from '../schemas/failure.js';
import { modelIdOf, type ModelCard } from './card.js';
import type { Execution } from './execution.js';
import type { Framework, LoadedModel, LoadOptions } from './framework.js';

interface FrameworkEntry {
  /** Threads that compute a batch: the calling thread, one thread per instance, or a configurable number of threads. */
  readonly computesOn: 'asking-thread' | 'one-thread' | 'many-threads';
  /**
   * Imports the framework. It is called only when a model is loaded: the gateway and the sinks read cards but run no
   * models.
   */
  readonly open: () => Promise<Framework>;
}

/** Every framework, by its name in cards. A new framework is a folder and an entry here. */
export const frameworks: Readonly<Record<string, FrameworkEntry>> = {
  linear: { computesOn: 'asking-thread', open: async () => (await import('./linear/framework.js')).linear },
  onnx: { computesOn: 'many-threads', open: async () => (await import('./onnx/framework.js')).onnx },
  tfjs: { computesOn: 'one-thread', open: async () => (await import('./tfjs/framework.js')).tfjs },
  xgboost: { computesOn: 'asking-thread', open: async () => (await import('./xgboost/framework.js')).xgboost },
};

/** @throws FanlightError `invalid-card` for a framework without a runtime; see also `Framework.load`. */
export async function loadModel(card: ModelCard, dir: string, options: LoadOptions): Promise<LoadedModel> {
  const entry = frameworks[card.framework];
  if (entry) return (await entry.open()).load(card, dir, options);
  throw new FanlightError({
    code: 'invalid-card',
    message: `Model ${modelIdOf(card)} has the framework "${card.framework}", which has no runtime.`,
    remedy: `Use a model of one of these frameworks: ${Object.keys(frameworks).join(', ')}.`,
  });
}

/**
 * Chooses how a worker runs the model.
 * @param cores cores of the worker that models may use
 * @param instances instances that share the cores; default 1, or one per core for models that compute on one thread
 */
export function executionOf(
  card: ModelCard,
  { cores, instances }: { readonly cores: number; readonly instances?: number | undefined },
): Execution {
  const computesOn = frameworks[card.framework]?.computesOn ?? 'asking-thread';
  if (computesOn === 'asking-thread') return { batches: false, instances: 1, cores: 0 };
  const count = Math.min(instances ?? (computesOn === 'one-thread' ? cores : 1), cores);
  return { batches: true, instances: count, cores: computesOn === 'one-thread' ? 1 : Math.floor(cores / count) };
}
