import { FanlightError } from '../../schemas/failure.js';

/** The store cannot be reached, or cannot work now: the same batch may be written again later. */
export function unavailable(store: string, what: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'sink-unavailable',
    message: `${store} ${what}${cause === undefined ? '' : `: ${reason(cause)}`}.`,
    remedy: 'The batch is retried until the store answers; look at the store and at the network between.',
    cause,
  });
}

/** The store will never take this record. */
export function rejected(store: string, what: string, why: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'sink-rejected',
    message: `${store} refuses ${what}: ${why}.`,
    remedy: 'Correct what the sentence names, then replay the dead letter.',
    cause,
  });
}

/** The deployment has to be changed before this store can be written to. */
export function misconfigured(store: string, why: string, remedy: string, cause?: unknown): FanlightError {
  return new FanlightError({ code: 'invalid-configuration', message: `${store}: ${why}.`, remedy, cause });
}

/** The shortest text that names the error; network errors of Node often have an empty message and a code. */
export function reason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const text = thrown.message === '' ? thrown.name : thrown.message;
  return code === '' || text.includes(code) ? text : `${text} (${code})`;
}
