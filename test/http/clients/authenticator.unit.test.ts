import { randomBytes, timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createApiKey, formatApiKey } from '../../../http/clients/api-key.js';
import { createAuthenticator } from '../../../http/clients/authenticator.js';
import type { Client, KeyOfClient, KeyRecord } from '../../../http/clients/client.js';
import { ProblemError } from '../../../http/problems/problem.js';
import { bearer, keyOfClient } from './clients-support.js';
import { manualClock, startedAt } from '../../gateway/harness.js';

/** Authenticates a request. Returns the steps in order, and the outcome. */
async function attempt(
  stored: KeyOfClient | undefined,
  headers: Record<string, string>,
  scope: 'tag' | 'admin' = 'tag',
) {
  const work: string[] = [];
  const authenticate = createAuthenticator({
    clock: manualClock(),
    findKey: () => {
      work.push('find');
      return Promise.resolve(stored);
    },
    equal(a, b) {
      work.push(`compare ${a.length} and ${b.length} bytes`);
      return timingSafeEqual(a, b);
    },
  });
  const ended = await authenticate(new Headers(headers), scope).catch((error: unknown) => error);
  return { work, ended };
}

const problem = (ended: unknown) => (ended instanceof ProblemError ? ended.problem : ended);
const whole = ['find', 'compare 32 and 32 bytes'];

describe('authentication', () => {
  const mine = keyOfClient();

  it.each([
    ['Authorization: Bearer', bearer(mine.text)],
    ['authorization: bearer', { authorization: `bearer  ${mine.text}` }],
    ['x-api-key', { 'x-api-key': mine.text }],
    ['x-api-key beside another scheme', { authorization: 'Basic YTpi', 'x-api-key': mine.text }],
  ])('accepts a key in %s', async (_, headers) => {
    expect(await attempt(mine, headers)).toEqual({ work: whole, ended: mine.client });
  });

  it('accepts a key that has not expired yet', async () => {
    const key = keyOfClient({}, { expiresAt: startedAt + 1 });
    expect((await attempt(key, bearer(key.text))).ended).toEqual(key.client);
  });

  const wrong: [string, KeyOfClient | undefined, string][] = [
    ['unknown', undefined, formatApiKey(createApiKey(randomBytes))],
    ['presented with a wrong secret', mine, formatApiKey(createApiKey(randomBytes))],
    ...(
      [
        ['revoked', { revokedAt: startedAt - 1 }],
        ['expired', { expiresAt: startedAt }],
      ] as [string, Partial<KeyRecord>][]
    ).map(([name, record]): [string, KeyOfClient, string] => {
      const key = keyOfClient({}, record);
      return [name, key, key.text];
    }),
  ];

  it.each(wrong)('refuses a key that is %s, with the same steps and the same answer', async (_, stored, text) => {
    const { work, ended } = await attempt(stored, bearer(text));
    expect(work).toEqual(whole);
    expect(problem(ended)).toEqual({
      code: 'unauthorized',
      detail: 'The API key is not valid.',
      remedy: 'Use a key that exists and is neither revoked nor expired.',
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    });
  });

  it.each([
    ['no key', {}, 'The request has no API key.', 'Bearer'],
    ['another scheme', { authorization: 'Basic YTpi' }, 'The request has no API key.', 'Bearer'],
    [
      'a typing error',
      bearer(`${mine.text.slice(0, -1)}x`),
      'The API key is malformed.',
      'Bearer error="invalid_token"',
    ],
  ])('refuses %s without a look-up in the store', async (_, headers, detail, challenge) => {
    const { work, ended } = await attempt(mine, headers);
    expect([work, problem(ended)]).toMatchObject([
      [],
      { code: 'unauthorized', detail, headers: { 'www-authenticate': challenge } },
    ]);
  });

  it('names the missing scope and the scopes of the key', async () => {
    const scopes: Client['scopes'] = ['tag', 'jobs'];
    const key = keyOfClient({ scopes });
    expect(problem((await attempt(key, bearer(key.text), 'admin')).ended)).toEqual({
      code: 'missing-scope',
      detail: 'The API key does not have the scope "admin"; it has "tag", "jobs".',
      remedy: 'Use a key with the scope "admin".',
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="admin"' },
    });
  });
});
