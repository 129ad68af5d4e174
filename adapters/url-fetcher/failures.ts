import { FanlightError, type FailureCode } from '../../schemas/failure.js';

// Messages name the host only, as in ../outbound/failures.ts.

export function imageTooLarge(host: string, limitBytes: number): FanlightError {
  return new FanlightError({
    code: 'too-large',
    message: `The file at ${host} is larger than the ${megabytes(limitBytes)} allowed.`,
    remedy: 'Send a smaller rendition of the photo.',
  });
}

export function emptyBody(host: string): FanlightError {
  return new FanlightError({
    code: 'empty-file',
    message: `${host} answered with an empty file.`,
    remedy: 'Check that the image was uploaded completely.',
  });
}

export function redirectLoop(host: string): FanlightError {
  return tooManyRedirects(`${host} redirects in a circle.`);
}

export function redirectLimit(host: string, limit: number): FanlightError {
  return tooManyRedirects(`The URL still redirects after ${limit} redirects, last at ${host}.`);
}

function tooManyRedirects(message: string): FanlightError {
  return new FanlightError({ code: 'too-many-redirects', message, remedy: 'Send the URL of the image itself.' });
}

/** For an answer that is neither 200 nor a redirect that Fanlight follows. */
export function badStatus(host: string, status: number): FanlightError {
  const [code, remedy] = meaningOf(status);
  return new FanlightError({ code, message: `${host} answered with status ${status}.`, remedy });
}

function meaningOf(status: number): [FailureCode, string] {
  if (status === 404 || status === 410) return ['not-found', 'Check that the image still exists at that URL.'];
  if (status === 401 || status === 403) {
    return ['refused-by-host', 'Make the image readable without signing in, or send a signed URL that is still valid.'];
  }
  if (status >= 500) return ['host-error', 'The host has a fault; Fanlight tries again.'];
  if (status === 429) return ['host-error', 'The host limits the rate of requests; Fanlight tries again later.'];
  if (status === 408 || status === 425) return ['host-error', 'The host asks for another try; Fanlight does so.'];
  return ['refused-by-host', 'Open the URL in a browser to see what the host expects.'];
}

export function brokenAnswer(host: string, detail: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'host-error',
    message: `${host} ${detail}.`,
    remedy: 'Fanlight tries again; if it persists, check the host.',
    cause,
  });
}

export function hostPaused(host: string, failures: number, leftMs: number): FanlightError {
  return new FanlightError({
    code: 'host-timeout',
    message: `${host} did not answer ${failures} times in a row, and is not asked again for ${Math.ceil(leftMs / 1_000)} s.`,
    remedy: 'Fanlight tries again; if it persists, check the host.',
  });
}

function megabytes(bytes: number): string {
  return bytes >= 1024 * 1024 ? `${Math.floor(bytes / 1024 / 1024)} MiB` : `${bytes} bytes`;
}
