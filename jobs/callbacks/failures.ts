import { FanlightError, type FailureOptions } from '../../schemas/failure.js';
import { reason } from '../../adapters/stores/failures.js';

export function invalidCallback(message: string, remedy: string): FanlightError {
  return new FanlightError({ code: 'invalid-callback', message, remedy });
}

/** The URI names something that is on none of the lists of this deployment. */
export function unlisted(what: string, variable: string): FanlightError {
  return invalidCallback(
    `Results are not sent to ${what}, which this deployment does not allow.`,
    `Name another callback, or have it added to ${variable}.`,
  );
}

type FailedOptions = Partial<Pick<FailureOptions, 'remedy' | 'retryAfterMs' | 'cause'>>;

/** Another try may help. */
export function failed(target: string, why: string, options: FailedOptions = {}): FanlightError {
  return new FanlightError({
    code: 'callback-failed',
    message: `${target} did not take the results: ${why}.`,
    remedy: 'Fanlight tries again for hours; look at the target, and replay the dead letter if it was down for longer.',
    ...options,
  });
}

/** No other try can help before somebody changes something. */
export function refused(target: string, why: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'callback-refused',
    message: `${target} refuses the results: ${why}.`,
    remedy: 'Mend what the sentence names, then replay the dead letter.',
    cause,
  });
}

const aboutTransfer = /throttl|slowdown|timeout|incompletebody|expired|toomanyrequests/i;

/** What an error of an AWS client means. Some answers of status 4xx speak of the transfer only. */
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
    !aboutTransfer.test(name);
  const why =
    name === '' || name === 'Error' || reason(thrown).startsWith(name) ? reason(thrown) : `${name}, ${reason(thrown)}`;
  return isRefusal ? refused(target, why, thrown) : failed(target, why, { cause: thrown });
}

function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('$metadata' in thrown)) return undefined;
  return (thrown.$metadata as { readonly httpStatusCode?: number } | undefined)?.httpStatusCode;
}
