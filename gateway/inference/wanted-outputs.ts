import { ProblemError } from '../../http/problems/problem.js';
import type { InferRequest } from './infer-request.js';
import { referenceOf, type ModelOffer, type OutputOffer } from './model-offer.js';

/** An output that the request asks for, and its form. */
export interface WantedOutput extends OutputOffer {
  readonly binary: boolean;
  /** The number of classes of each item to return instead of the values; undefined: return the values. */
  readonly classes: number | undefined;
}

/**
 * The outputs that the request asks for, in its order. Default: all outputs of the model's card. Throws
 * `invalid-request`.
 */
export function wantedOutputs(
  offer: ModelOffer,
  { outputs, parameters }: Pick<InferRequest, 'outputs' | 'parameters'>,
): readonly WantedOutput[] {
  const all = parameters?.['binary_data_output'] === true;
  if (outputs === undefined || outputs.length === 0)
    return offer.outputs.map((output) => ({ ...output, binary: all, classes: undefined }));
  const wanted = outputs.map(({ name, parameters: own = {} }) => {
    const output = offer.outputs.find((each) => each.name === name);
    if (output === undefined) {
      throw invalid(
        `${referenceOf(offer)} has no output "${name.slice(0, 100)}"; its outputs are ${offer.outputs.map((each) => `"${each.name}"`).join(', ')}.`,
        'Name the outputs as its metadata does.',
      );
    }
    if (Object.hasOwn(own, 'shared_memory_region')) {
      throw invalid(
        `The output "${name}" has shared_memory_region, which Fanlight does not support.`,
        'Leave out shared_memory_region, so that the answer has the values.',
      );
    }
    return {
      ...output,
      binary: own['binary_data'] === undefined ? all : own['binary_data'] === true,
      classes: classesOf(name, own['classification']),
    };
  });
  for (const [at, { name, classes }] of wanted.entries()) {
    // The answer must not grow with repetitions of the same output.
    const isRepeated = wanted
      .slice(0, at)
      .some((other) => other.name === name && (other.classes === undefined) === (classes === undefined));
    if (isRepeated)
      throw invalid(
        `The request names the output "${name}" twice.`,
        'Name each output once, and once more for its classes.',
      );
  }
  return wanted;
}

/** Undefined when the request asks for no classes; some clients send 0 for that. */
function classesOf(name: string, classification: unknown): number | undefined {
  const classes = Number(classification ?? 0);
  if (Number.isSafeInteger(classes) && classes >= 0) return classes === 0 ? undefined : classes;
  throw invalid(
    `The classification of the output "${name}" is ${JSON.stringify(classification).slice(0, 50)}, which is not a number of classes.`,
    'Ask for 1 class or more.',
  );
}

function invalid(detail: string, remedy: string): ProblemError {
  return new ProblemError({ code: 'invalid-request', detail, remedy });
}
