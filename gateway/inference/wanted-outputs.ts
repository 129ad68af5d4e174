import { ProblemError } from '../../http/problems/problem.js';
import type { InferRequest } from './infer-request.js';
import { referenceOf, type ModelOffer, type OutputOffer } from './model-offer.js';

/** An output that is wanted, and how. */
export interface WantedOutput extends OutputOffer {
  readonly binary: boolean;
  /** In place of the values, so many classes of each item. */
  readonly classes: number | undefined;
}

/** What the request asks for, in its order; all that the card names unless told. Throws `invalid-request`. */
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
        `${referenceOf(offer)} has no output "${name.slice(0, 100)}"; it gives ${offer.outputs.map((each) => `"${each.name}"`).join(', ')}.`,
        'Name the outputs as its metadata does.',
      );
    }
    if (Object.hasOwn(own, 'shared_memory_region')) {
      throw invalid(
        `The output "${name}" is asked for with shared_memory_region, which Fanlight does not have.`,
        'Ask for the values themselves.',
      );
    }
    return {
      ...output,
      binary: own['binary_data'] === undefined ? all : own['binary_data'] === true,
      classes: classesOf(name, own['classification']),
    };
  });
  for (const [at, { name, classes }] of wanted.entries()) {
    // An answer is not to grow with the number of times that it is asked for.
    const isRepeated = wanted
      .slice(0, at)
      .some((other) => other.name === name && (other.classes === undefined) === (classes === undefined));
    if (isRepeated)
      throw invalid(
        `The output "${name}" is asked for twice.`,
        'Ask for each output once, and once more for its classes.',
      );
  }
  return wanted;
}

/** Clients send 0 for none. */
function classesOf(name: string, classification: unknown): number | undefined {
  const classes = Number(classification ?? 0);
  if (Number.isSafeInteger(classes) && classes >= 0) return classes === 0 ? undefined : classes;
  throw invalid(
    `The output "${name}" is asked for with the classification ${JSON.stringify(classification).slice(0, 50)}, which is no number of classes.`,
    'Ask for 1 class or more.',
  );
}

function invalid(detail: string, remedy: string): ProblemError {
  return new ProblemError({ code: 'invalid-request', detail, remedy });
}
