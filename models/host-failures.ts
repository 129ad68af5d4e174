import { FanlightError } from '../schemas/failure.js';

/**
 * Turns a fatal load error into a transient one. A failed load concerns one model on this worker: the worker goes on
 * with its other models. Tasks of the failed model are retried, perhaps on another worker, before they become dead
 * letters.
 */
export function onlyHere(error: FanlightError): FanlightError {
  if (error.kind !== 'fatal') return error;
  return new FanlightError({
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    kind: 'transient',
    cause: error,
  });
}

export function deadlinePassed(modelId: string): FanlightError {
  return new FanlightError({
    code: 'deadline-exceeded',
    message: `The deadline passed while the image was queued for ${modelId}.`,
    remedy: 'Allow more time, add infer workers, or send the image to the bulk lane.',
  });
}

export function unknownModel(modelId: string, known: readonly string[]): FanlightError {
  return new FanlightError({
    code: 'unknown-model',
    message: `There is no model ${JSON.stringify(modelId)} in the catalogue.`,
    remedy: `Use one of: ${known.join(', ')}; or add its card (see docs/adding-a-model.md).`,
  });
}
