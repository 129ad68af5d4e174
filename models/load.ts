import type { Tensor } from '../processors/values.js';
import { FanlightError } from '../schemas/failure.js';
import { modelIdOf, type ModelCard } from './card.js';
import type { LoadedModel } from './framework.js';
import { loadLinear } from './linear/load.js';
import { loadOnnx } from './onnx/session.js';

export interface LoadOptions {
  /** Cores that one model may use. */
  readonly threads: number;
  readonly device: 'cpu';
}

/** Loads a model by the framework that its card names. A new framework is a folder beside `onnx/` and a case here. */
export async function loadModel(card: ModelCard, dir: string, options: LoadOptions): Promise<LoadedModel> {
  switch (card.framework) {
    case 'onnx': {
      const model = await loadOnnx(card, dir, options);
      return {
        run: (batch) => model.run(batch.map(({ input }) => input?.data as Uint8Array)), // `refuse` saw them
        refuse: ({ input }) => refuseImage(card, input),
        warmUp: () => model.warmUp(),
        dispose: () => model.dispose(),
      };
    }
    case 'linear':
      return loadLinear(card, dir);
    case 'trees':
    case 'none':
      throw new FanlightError({
        code: 'invalid-card',
        message: `Model ${modelIdOf(card)} is of framework "${card.framework}", which has nothing to run.`,
        remedy: 'Use a model of framework onnx or linear in this place.',
      });
  }
}

function refuseImage(card: ModelCard, input: Tensor | undefined): FanlightError | null {
  if (card.input.kind !== 'image') return null;
  const [width, height] = card.input.size;
  const wanted = `uint8 [${height},${width},3]`;
  const given = input ? `${input.dtype} [${input.shape.join(',')}]` : 'no input named "input"';
  if (wanted === given) return null;
  return new FanlightError({
    code: 'wrong-tensor',
    message: `Model ${modelIdOf(card)} takes ${wanted} and was given ${given}.`,
    remedy: "Preprocess images to the input spec of the model's card.",
  });
}
