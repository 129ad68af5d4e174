import { FanlightError } from '../../schemas/failure.js';

// Messages name the host and never the rest of the URL, which may carry credentials or signatures. They also keep quiet
// about the address that a name resolved to: whoever may send URLs must not learn the inner network from the answers.

export function invalidUrl(message: string, cause?: unknown): FanlightError {
  return new FanlightError({ code: 'invalid-url', message, remedy: 'Correct the URL in the event and send it again.', cause });
}

export function forbiddenAddress(host: string, why: string): FanlightError {
  return new FanlightError({
    code: 'forbidden-address',
    message: `${host} is ${why}, and Fanlight connects to public addresses only.`,
    remedy: 'Use a public address, or name the network in FANLIGHT_FETCH_ALLOW (images) or FANLIGHT_CALLBACK_ALLOW (webhooks).',
  });
}

export function unreachable(host: string, detail: string, cause: unknown): FanlightError {
  return new FanlightError({
    code: 'host-unreachable',
    message: `${host} can not be reached: ${detail}.`,
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
