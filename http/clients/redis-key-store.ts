import type { Redis } from 'ioredis';
import type { z } from 'zod';
import { FanlightError } from '../../schemas/failure.js';
import type { Client, KeyOfClient, KeyRecord } from './client.js';
import { clientSchema, keySchema } from './client.js';

/**
 * Store of clients and their keys. Rejects when Redis cannot be reached, and with `invalid-configuration` for an
 * invalid entry.
 */
export interface KeyStore {
  find(id: string): Promise<KeyOfClient | undefined>;
  client(name: string): Promise<Client | undefined>;
  key(id: string): Promise<KeyRecord | undefined>;
  putClient(client: Client): Promise<void>;
  putKey(key: KeyRecord): Promise<void>;
  list(): Promise<{ readonly clients: readonly Client[]; readonly keys: readonly KeyRecord[] }>;
}

/** Stores JSON in two hashes: clients by name, and keys by id. @param prefix prefix of both hashes, such as `fl:` */
export function createRedisKeyStore(redis: Redis, prefix: string): KeyStore {
  const clients = `${prefix}gateway:clients`;
  const keys = `${prefix}gateway:keys`;

  async function read<T>(hash: string, field: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const text = await redis.hget(hash, field);
    return text === null ? undefined : parse(text, schema, `${hash} ${field}`);
  }

  async function readAll<T>(hash: string, schema: z.ZodType<T>): Promise<T[]> {
    const fields = await redis.hgetall(hash);
    return Object.entries(fields).map(([field, text]) => parse(text, schema, `${hash} ${field}`));
  }

  const store: KeyStore = {
    async find(id) {
      const key = await store.key(id);
      const client = key && (await store.client(key.client));
      return key && client && { key, client };
    },
    client: (name) => read(clients, name, clientSchema),
    key: (id) => read(keys, id, keySchema),
    async putClient(client) {
      await redis.hset(clients, client.name, JSON.stringify(clientSchema.parse(client)));
    },
    async putKey(key) {
      await redis.hset(keys, key.id, JSON.stringify(keySchema.parse(key)));
    },
    async list() {
      return { clients: await readAll(clients, clientSchema), keys: await readAll(keys, keySchema) };
    },
  };
  return store;
}

function parse<T>(text: string, schema: z.ZodType<T>, where: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new FanlightError({
      code: 'invalid-configuration',
      message: `${where} in Redis is not a client or key of this version.`,
      remedy: 'Remove it with HDEL, and create the client or key again with `fanlight keys`.',
      cause,
    });
  }
}
