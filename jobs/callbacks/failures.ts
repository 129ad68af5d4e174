import { FanlightError, type FailureOptions } from '../../schemas/failure.js';
import { reason } from '../../adapters/stores/failures.js';

export function invalidCallback(message: string, remedy: string): FanlightError {
  return new FanlightError({ code: 'invalid-callback', message, remedy });
}

/** The URI names a target that is on no list of this deployment. */
export function unlisted(what: string, variable: string): FanlightError {
  return invalidCallback(
    `Results are not sent to ${what}, which this deployment does not allow.`,
    `Use another callback, or ask the operator to add the target to ${variable}.`,
  );
}

type FailedOptions = Partial<Pick<FailureOptions, 'remedy' | 'retryAfterMs' | 'cause'>>;

/** Remedy of failures that the worker retries. */
export const retriesForHours =
  'Fanlight retries for hours. Check the target, and replay the dead letter if it was down for longer.';

/** A retry may help. */
export function failed(target: string, why: string, options: FailedOptions = {}): FanlightError {
  return new FanlightError({
    code: 'callback-failed',
    message: `${target} did not accept the results: ${why}.`,
    remedy: retriesForHours,
    ...options,
  });
}

/** No retry can help until an operator or the client changes something. */
export function refused(target: string, why: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'callback-refused',
    message: `${target} refuses the results: ${why}.`,
    remedy: 'Fix the cause that the message names, then replay the dead letter.',
    cause,
  });
}

/** Names of AWS errors with status 4xx that are about the transfer and not about the request. */
const transferErrors = /throttl|slowdown|timeout|incompletebody|expired|toomanyrequests/i;

/** Converts an error of an AWS client. Status 4xx is a permanent failure, except for errors of the transfer. */
export function asAwsFailure(thrown: unknown, target: string): FanlightError {
  if (thrown instanceof FanlightError) return thrown;
  const status = statusOf(thrown);
  const name = thrown instanceof Error ? thrown.name : '';
  const isRefusal =
    status !== undefined &&
    status >= 400 &&
    status < 500 &&
    status !== 408 &&
    status !== 429 &&
    !transferErrors.test(name);
  const why =
    name === '' || name === 'Error' || reason(thrown).startsWith(name) ? reason(thrown) : `${name}, ${reason(thrown)}`;
  return isRefusal ? refused(target, why, thrown) : failed(target, why, { cause: thrown });
}

function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('$metadata' in thrown)) return undefined;
  return (thrown.$metadata as { readonly httpStatusCode?: number } | undefined)?.httpStatusCode;
}
