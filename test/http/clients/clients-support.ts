import { randomBytes } from 'node:crypto';
import { createApiKey, formatApiKey, hashSecret } from '../../../http/clients/api-key.js';
import type { Client, KeyOfClient, KeyRecord } from '../../../http/clients/client.js';
import { startedAt } from '../../gateway/harness.js';

export const unlimited: Client['limits'] = { rate: null, concurrency: null, imagesPerDay: null };

/** A new client with one new key. */
export function keyOfClient(
  client: Partial<Client> = {},
  key: Partial<KeyRecord> = {},
): KeyOfClient & { readonly text: string } {
  const made = createApiKey(randomBytes);
  const owner: Client = { name: 'shop', scopes: ['tag'], limits: unlimited, createdAt: startedAt, ...client };
  const record: KeyRecord = {
    id: made.id,
    client: owner.name,
    hash: hashSecret(made.secret).toString('hex'),
    createdAt: startedAt,
    expiresAt: null,
    revokedAt: null,
    ...key,
  };
  return { text: formatApiKey(made), key: record, client: owner };
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
