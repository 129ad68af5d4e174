import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../primitives/clock.js';
import { ProblemError } from '../problems/problem.js';
import { hashSecret, parseApiKey } from './api-key.js';
import type { Client, KeyRecord, Scope } from './client.js';
import type { FindKey } from './known-keys.js';

export interface AuthenticatorOptions {
  readonly findKey: FindKey;
  readonly clock: Clock;
  /** Compares in constant time. */
  readonly equal?: (a: Buffer, b: Buffer) => boolean;
}

/** Finds the client that sent a request. Rejects with `unauthorized`, `missing-scope` or `keys-unavailable`. */
export type Authenticate = (headers: Headers, scope: Scope) => Promise<Client>;

/** Takes the place of an unknown key, so that the check takes the same time. */
const unknownKey: Pick<KeyRecord, 'hash' | 'expiresAt' | 'revokedAt'> = {
  hash: '0'.repeat(64),
  expiresAt: null,
  revokedAt: null,
};

export function createAuthenticator({ findKey, clock, equal = timingSafeEqual }: AuthenticatorOptions): Authenticate {
  return async function authenticate(headers, scope) {
    const presented = presentedKey(headers);
    if (presented === undefined) throw noKey();
    const given = parseApiKey(presented);
    if (given === undefined) throw noSuchForm();

    const found = await findKey(given.id);
    const { hash, expiresAt, revokedAt } = found?.key ?? unknownKey;
    // All checks run before the decision, so that neither the answer nor its time reveals why a key is refused.
    const matches = equal(hashSecret(given.secret), Buffer.from(hash, 'hex'));
    const expired = expiresAt !== null && expiresAt <= clock.now();
    const revoked = revokedAt !== null;
    if (found === undefined || !matches || expired || revoked) throw refused();

    if (!found.client.scopes.includes(scope)) throw missingScope(found.client, scope);
    return found.client;
  };
}

/** `Authorization: Bearer KEY` (RFC 6750), else `x-api-key: KEY`. */
function presentedKey(headers: Headers): string | undefined {
  const [scheme = '', token] = (headers.get('authorization') ?? '').trim().split(/\s+/);
  if (scheme.toLowerCase() === 'bearer' && token !== undefined) return token;
  return headers.get('x-api-key')?.trim();
}

function noKey(): ProblemError {
  return unauthorized(
    'The request has no API key.',
    'Send "Authorization: Bearer KEY". The operator of this gateway issues keys.',
    'Bearer',
  );
}

function noSuchForm(): ProblemError {
  return unauthorized('The API key is malformed.', 'Copy the whole key: fl_, its id and its secret.', invalidToken);
}

function refused(): ProblemError {
  return unauthorized(
    'The API key is not valid.',
    'Use a key that exists and is neither revoked nor expired.',
    invalidToken,
  );
}

// RFC 6750, 3.1.
const invalidToken = 'Bearer error="invalid_token"';

function unauthorized(detail: string, remedy: string, challenge: string): ProblemError {
  return new ProblemError({ code: 'unauthorized', detail, remedy, headers: { 'www-authenticate': challenge } });
}

function missingScope({ scopes }: Client, scope: Scope): ProblemError {
  return new ProblemError({
    code: 'missing-scope',
    detail: `The API key does not have the scope "${scope}"; it has ${scopes.map((name) => `"${name}"`).join(', ') || 'none'}.`,
    remedy: `Use a key with the scope "${scope}".`,
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}
