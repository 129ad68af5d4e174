import type { Tensor } from '../../processors/values.js';
import { FanlightError } from '../../schemas/failure.js';
import { modelIdOf, type ModelCard } from '../card.js';
import type { Framework } from '../framework.js';
import { loadOnnx } from './session.js';

/** ONNX graphs by onnxruntime-node; image models whose card says how the image is to be cut. */
export const onnx: Framework = {
  batches: true,
  async load(card, dir, options) {
    const model = await loadOnnx(card, dir, options);
    return {
      run: (batch) => model.run(batch.map(({ input }) => input?.data as Uint8Array)), // `refuse` saw them
      refuse: ({ input }) => refuseImage(card, input),
      warmUp: () => model.warmUp(),
      dispose: () => model.dispose(),
    };
  },
};

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
