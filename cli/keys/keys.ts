import { randomBytes } from 'node:crypto';
import { createApiKey, formatApiKey, hashSecret } from '../../http/clients/api-key.js';
import type { Client, ClientLimits, KeyRecord, RateLimit, Scope } from '../../http/clients/client.js';
import type { KeyStore } from '../../http/clients/redis-key-store.js';
import { coloursFor } from '../client/colours.js';
import { exitCodes, WrongUsage } from '../client/exit-codes.js';
import { clientsTable, limitsText } from './client-table.js';
import { withKeyStore } from './key-store.js';

export interface ClientOptions {
  readonly scope?: readonly Scope[];
  readonly rate?: RateLimit | 'none';
  readonly concurrency?: number | 'none';
  readonly daily?: number | 'none';
  readonly json?: boolean;
}

export interface CreateOptions extends ClientOptions {
  /** Lifetime from now (ms). */
  readonly expires?: number;
}

const unlimited: ClientLimits = { rate: null, concurrency: null, imagesPerDay: null };

export async function runKeysCreate(
  name: string,
  options: CreateOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  return withKeyStore(environment, async (store) => {
    const known = await store.client(name);
    const now = Date.now();
    const client = changed(known ?? { name, scopes: ['tag'], limits: unlimited, createdAt: now }, options);
    const key = createApiKey(randomBytes);
    const record: KeyRecord = {
      id: key.id,
      client: name,
      hash: hashSecret(key.secret).toString('hex'),
      createdAt: now,
      expiresAt: options.expires === undefined ? null : now + options.expires,
      revokedAt: null,
    };
    await store.putClient(client);
    await store.putKey(record);
    const text = formatApiKey(key);
    if (options.json)
      process.stdout.write(
        `${JSON.stringify({ key: text, ...visible(record), scopes: client.scopes, limits: client.limits })}\n`,
      );
    else {
      process.stderr.write(`Key for ${describe(client)}. It is shown only once:\n`);
      process.stdout.write(`${text}\n`);
    }
    return exitCodes.done;
  });
}

export async function runKeysList({ json }: { json?: boolean }, environment: NodeJS.ProcessEnv): Promise<number> {
  return withKeyStore(environment, async (store) => {
    const { clients, keys } = await store.list();
    const listed = clients
      .map((client) => ({
        ...client,
        keys: keys
          .filter((key) => key.client === client.name)
          .map(visible)
          .sort((a, b) => a.createdAt - b.createdAt),
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
    if (json) process.stdout.write(`${JSON.stringify(listed)}\n`);
    else if (listed.length === 0)
      process.stdout.write('There are no clients. `fanlight keys create NAME` creates one.\n');
    else process.stdout.write(`${clientsTable(listed, { now: Date.now(), colours: coloursFor(process.stdout) })}\n`);
    return exitCodes.done;
  });
}

export async function runKeysRevoke(
  id: string,
  { json }: { json?: boolean },
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  return withKeyStore(environment, async (store) => {
    const key = await store.key(id);
    if (!key)
      throw new WrongUsage(`There is no key with the id ${JSON.stringify(id)}.`, '`fanlight keys ls` lists the ids.');
    const revoked = { ...key, revokedAt: key.revokedAt ?? Date.now() };
    await store.putKey(revoked);
    process.stdout.write(
      json
        ? `${JSON.stringify(visible(revoked))}\n`
        : `The key ${id} of ${key.client} is revoked. Every gateway refuses it within 3 seconds.\n`,
    );
    return exitCodes.done;
  });
}

export async function runKeysSet(
  name: string,
  options: ClientOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  return withKeyStore(environment, async (store) => {
    const client = changed(await requireClient(store, name), options);
    await store.putClient(client);
    process.stdout.write(options.json ? `${JSON.stringify(client)}\n` : `${describe(client)}\n`);
    return exitCodes.done;
  });
}

async function requireClient(store: KeyStore, name: string): Promise<Client> {
  const client = await store.client(name);
  if (client) return client;
  const { clients } = await store.list();
  throw new WrongUsage(
    `There is no client ${JSON.stringify(name)}.`,
    `Choose from: ${clients.map((known) => known.name).join(', ') || 'none'}; \`fanlight keys create\` creates one.`,
  );
}

/** Returns the client with the given options changed. */
export function changed(client: Client, { scope, rate, concurrency, daily }: ClientOptions): Client {
  return {
    ...client,
    scopes: scope === undefined ? client.scopes : [...scope],
    limits: {
      rate: changedLimit(client.limits.rate, rate),
      concurrency: changedLimit(client.limits.concurrency, concurrency),
      imagesPerDay: changedLimit(client.limits.imagesPerDay, daily),
    },
  };
}

function changedLimit<T>(now: T | null, named: T | 'none' | undefined): T | null {
  if (named === undefined) return now;
  return named === 'none' ? null : named;
}

function describe({ name, scopes, limits }: Client): string {
  return `${name}: scopes ${scopes.join(', ') || 'none'}; ${limitsText(limits)}`;
}

/** Returns the record without the hash of its secret. */
function visible({ id, client, createdAt, expiresAt, revokedAt }: KeyRecord): Omit<KeyRecord, 'hash'> {
  return { id, client, createdAt, expiresAt, revokedAt };
}
