import { readFile } from 'node:fs/promises';
import { FanlightError } from '../../schemas/failure.js';
import { modelIdOf, type ModelCard } from '../card.js';
import type { Tensor } from '../../processors/values.js';
import type { Framework, Inputs, LoadedModel } from '../framework.js';
import { verifyWeights } from '../weights.js';
import { linearHead, linearWeights, widthOf, type LinearWeights } from './head.js';

/** Linear heads over the outputs of another model, on the calling thread. */
export const linear: Framework = { batches: false, load: loadLinear };

/**
 * A linear head whose inputs are the outputs that its card names, each float32 [size]. It runs on the calling thread (about 0.1 ms an image).
 * @throws FanlightError `corrupt-weights`, or `invalid-card` when the card and the weights do not belong together.
 */
async function loadLinear(card: ModelCard, dir: string): Promise<LoadedModel> {
  const id = modelIdOf(card);
  const [output] = card.outputs;
  if (card.framework !== 'linear' || card.input.kind !== 'features' || output === undefined) {
    throw invalidCard(`Model ${id} can not be loaded: it is a "${card.framework}" model of kind "${card.input.kind}", not a linear head over features.`);
  }
  const weights = parseWeights(id, await readFile(await verifyWeights(card, dir), 'utf8'));
  const named = weights.inputs.map((input) => input.output).join(', ');
  if (card.input.outputs.join(', ') !== named) {
    throw invalidCard(`Model ${id} can not be loaded: its card takes the outputs ${card.input.outputs.join(', ')}, and its weights ${named}.`);
  }
  const head = linearHead(weights);
  const width = widthOf(weights.inputs);

  function behindEachOther(inputs: Inputs): Float32Array {
    const values = new Float32Array(width);
    let at = 0;
    for (const { output: name, size } of weights.inputs) {
      values.set(inputs[name]?.data ?? [], at);
      at += size;
    }
    return values;
  }

  return {
    run: (batch) => Promise.resolve({ [output.name]: batch.map((inputs) => head(behindEachOther(inputs))) }),
    refuse(inputs) {
      const wrong = weights.inputs.find(({ output: name, size }) => describe(inputs[name]) !== `float32 [${size}]`);
      if (!wrong) return null;
      return new FanlightError({
        code: 'wrong-tensor',
        message: `Model ${id} takes "${wrong.output}" as float32 [${wrong.size}] and was given ${describe(inputs[wrong.output])}.`,
        remedy: "Hand it the outputs of the model that the card's input names.",
      });
    },
    warmUp: () => Promise.resolve(),
    dispose: () => Promise.resolve(),
  };
}

function describe(tensor: Tensor | undefined): string {
  return tensor ? `${tensor.dtype} [${tensor.shape.join(',')}]` : 'nothing';
}

function parseWeights(id: string, text: string): LinearWeights {
  const parsed = linearWeights.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new FanlightError({
    code: 'corrupt-weights',
    message: `The weights of ${id} are no linear head: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}.`,
    remedy: 'Write them by models/train/train_room_type.py.',
    cause: parsed.error,
  });
}

function invalidCard(message: string): FanlightError {
  return new FanlightError({ code: 'invalid-card', message, remedy: 'Correct the card, or write both anew by models/train/train_room_type.py.' });
}
