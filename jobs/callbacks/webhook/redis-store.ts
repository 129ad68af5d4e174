import type { Redis } from 'ioredis';
import { z } from 'zod';
import { FanlightError } from '../../../schemas/failure.js';
import { reason } from '../../../adapters/stores/failures.js';
import type { WebhookStore } from './store.js';

const secretsSchema = z.array(
  z.object({ secret: z.string().startsWith('whsec_'), createdAt: z.number(), expiresAt: z.number().nullable() }),
);
const disabledSchema = z.object({ url: z.string(), since: z.number(), client: z.string() });

/**
 * Keeps two hashes of JSON: secrets by client, and disabled endpoints by URL.
 *
 * @param prefix of both keys, such as `fl:`
 */
export function createRedisWebhookStore(redis: Redis, prefix: string): WebhookStore {
  const secrets = `${prefix}webhooks:secrets`;
  const disabled = `${prefix}webhooks:disabled`;
  return {
    async secrets(client) {
      const text = await ask(() => redis.hget(secrets, client));
      return text === null ? [] : secretsSchema.parse(JSON.parse(text));
    },
    async putSecrets(client, list) {
      await ask(() => redis.hset(secrets, client, JSON.stringify(list)));
    },
    async disabled() {
      const fields = await ask(() => redis.hvals(disabled));
      return fields.map((text) => disabledSchema.parse(JSON.parse(text)));
    },
    async isDisabled(url) {
      const text = await ask(() => redis.hget(disabled, url));
      return text === null ? undefined : disabledSchema.parse(JSON.parse(text));
    },
    async disable(endpoint) {
      await ask(() => redis.hset(disabled, endpoint.url, JSON.stringify(endpoint)));
    },
    async enable(url) {
      return (await ask(() => redis.hdel(disabled, url))) > 0;
    },
  };
}

async function ask<Answer>(command: () => Promise<Answer>): Promise<Answer> {
  try {
    return await command();
  } catch (cause) {
    throw new FanlightError({
      code: 'store-unavailable',
      message: `The webhook store in Redis cannot be reached: ${reason(cause)}.`,
      remedy: 'Start the Redis of FANLIGHT_REDIS_URL. Fanlight retries.',
      cause,
    });
  }
}
