import { FanlightError } from '../../schemas/failure.js';

/** The store cannot be reached or cannot work now. The caller may write the same batch again later. */
export function unavailable(store: string, what: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'sink-unavailable',
    message: `${store} ${what}${cause === undefined ? '' : `: ${reason(cause)}`}.`,
    remedy: 'Fanlight tries again until the store answers; look at the store and at the network between.',
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

/** The operator has to change the deployment before Fanlight can write to this store. */
export function misconfigured(store: string, why: string, remedy: string, cause?: unknown): FanlightError {
  return new FanlightError({ code: 'invalid-configuration', message: `${store}: ${why}.`, remedy, cause });
}

/** Returns a short text that names the error. Network errors of Node often have a code and an empty message. */
export function reason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const text = thrown.message === '' ? thrown.name : thrown.message;
  return code === '' || text.includes(code) ? text : `${text} (${code})`;
}
