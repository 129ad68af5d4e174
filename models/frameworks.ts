import { FanlightError } from '../schemas/failure.js';
import { modelIdOf, type ModelCard } from './card.js';
import type { Framework, LoadedModel, LoadOptions } from './framework.js';

/**
 * Every framework, by the name that cards use, imported only when a model of it is loaded: the gateway and the sinks read
 * cards and run none. A new framework is a folder and an entry here.
 */
export const frameworks: Readonly<Record<string, () => Promise<Framework>>> = {
  linear: async () => (await import('./linear/framework.js')).linear,
  onnx: async () => (await import('./onnx/framework.js')).onnx,
  tfjs: async () => (await import('./tfjs/framework.js')).tfjs,
  xgboost: async () => (await import('./xgboost/framework.js')).xgboost,
};

/** @throws FanlightError `invalid-card` for a framework that has nothing to run, or as the framework's `load` says. */
export async function loadModel(card: ModelCard, dir: string, options: LoadOptions): Promise<LoadedModel & Pick<Framework, 'batches'>> {
  const open = frameworks[card.framework];
  if (!open) {
    throw new FanlightError({
      code: 'invalid-card',
      message: `Model ${modelIdOf(card)} is of framework "${card.framework}", which has nothing to run.`,
      remedy: `Use a model of one of these in this place: ${Object.keys(frameworks).join(', ')}.`,
    });
  }
  const framework = await open();
  return { ...(await framework.load(card, dir, options)), batches: framework.batches };
}
