import { FanlightError } from '../../schemas/failure.js';

// Messages name the host and never the rest of the URL, which may contain credentials or signatures. They also never
// name the address of a host, because clients that send URLs must not learn about the inner network.

export function invalidUrl(message: string, cause?: unknown): FanlightError {
  const remedy = 'Correct the URL in the event and send it again.';
  return new FanlightError({ code: 'invalid-url', message, remedy, cause });
}

/** Only for an address in the URL itself. Names have `noPermittedAddress`. */
export function forbiddenAddress(host: string, why: string): FanlightError {
  return new FanlightError({
    code: 'forbidden-address',
    message: `${host} is ${why}, and Fanlight connects to public addresses only.`,
    remedy:
      'Use a public address, or name the network in FANLIGHT_FETCH_ALLOW (images) or FANLIGHT_CALLBACK_ALLOW (webhooks).',
  });
}

/**
 * The one answer for a name that does not resolve, has no address, or has a forbidden address. Different answers would
 * show clients which inner names exist. It has no cause, because dead letters contain the cause.
 */
export function noPermittedAddress(host: string): FanlightError {
  return new FanlightError({
    code: 'host-unreachable',
    message: `${host} cannot be reached: no permitted address is known for it.`,
    remedy:
      'Check that the name has a public address (webhooks: by https only); operators permit other networks in ' +
      'FANLIGHT_FETCH_ALLOW (images) or FANLIGHT_CALLBACK_ALLOW (webhooks).',
  });
}

/** @param cause must not name an address, because dead letters contain it */
export function unreachable(host: string, detail: string, cause?: unknown): FanlightError {
  return new FanlightError({
    code: 'host-unreachable',
    message: `${host} cannot be reached: ${detail}.`,
    remedy: 'Check the host name and that the host is up; Fanlight tries again.',
    cause,
  });
}

export function hostTimeout(host: string, doing: string, limitMs: number): FanlightError {
  return new FanlightError({
    code: 'host-timeout',
    message: `${host} took longer than ${limitMs / 1000} s to ${doing}.`,
    remedy: 'Fanlight tries again; if it persists, check the speed of the host.',
  });
}
