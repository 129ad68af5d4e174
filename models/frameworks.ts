import { FanlightError } from '../schemas/failure.js';
import { modelIdOf, type ModelCard } from './card.js';
import type { Execution } from './execution.js';
import type { Framework, LoadedModel, LoadOptions } from './framework.js';

interface FrameworkEntry {
  /** What computes a batch: the thread that asks, at once and alone; a thread of its own; or as many as it is given. */
  readonly computesOn: 'asking-thread' | 'one-thread' | 'many-threads';
  /** Imports it, only when a model of it is loaded: the gateway and the sinks read cards and run none. */
  readonly open: () => Promise<Framework>;
}

/** Every framework, by the name that cards use. A new one is a folder and an entry here. */
export const frameworks: Readonly<Record<string, FrameworkEntry>> = {
  linear: { computesOn: 'asking-thread', open: async () => (await import('./linear/framework.js')).linear },
  onnx: { computesOn: 'many-threads', open: async () => (await import('./onnx/framework.js')).onnx },
  tfjs: { computesOn: 'one-thread', open: async () => (await import('./tfjs/framework.js')).tfjs },
  xgboost: { computesOn: 'asking-thread', open: async () => (await import('./xgboost/framework.js')).xgboost },
};

/** @throws FanlightError `invalid-card` for a framework that has nothing to run, or as the framework's `load` says. */
export async function loadModel(card: ModelCard, dir: string, options: LoadOptions): Promise<LoadedModel> {
  const entry = frameworks[card.framework];
  if (entry) return (await entry.open()).load(card, dir, options);
  throw new FanlightError({
    code: 'invalid-card',
    message: `Model ${modelIdOf(card)} is of framework "${card.framework}", which has nothing to run.`,
    remedy: `Use a model of one of these in this place: ${Object.keys(frameworks).join(', ')}.`,
  });
}

/**
 * How a worker runs the model.
 * @param cores of the worker, for models
 * @param instances share the cores among them; default 1, and one a core for models that compute on one thread
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
