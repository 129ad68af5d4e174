import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { anonymousCaller } from '../../../http/context.js';
import type { Guard } from '../../../http/clients/guard.js';
import { defaultAnswerBounds, type AnswerBounds } from '../../../gateway/idempotency/answer-bounds.js';
import { createRedisAnswers } from '../../../gateway/idempotency/redis-answers.js';

/** Truly random hex digits, because the ids of claim owners must differ. */
export const randomHex = (digits: number): string => randomBytes(digits / 2).toString('hex');

/** The kept answers of one gateway, with its metrics. */
export function openAnswers(redis: Redis, prefix: string, bounds: Partial<AnswerBounds> = {}) {
  const metrics = new Registry();
  const all = { ...defaultAnswerBounds, ...bounds };
  const answers = createRedisAnswers({ redis, prefix, randomHex, metrics, bounds: all });
  return Object.assign(answers, {
    /** Number of answers by outcome. */
    async outcomes(): Promise<Readonly<Record<string, number>>> {
      const metric = await metrics.getSingleMetric('fanlight_gateway_kept_answers_total')?.get();
      return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels['outcome'], value]));
    },
  });
}

/** Admits every request. The header `x-client` names the client. */
export const guardByHeader: Guard = {
  admit: (context) =>
    Promise.resolve({
      caller: { ...anonymousCaller, client: context.req.header('x-client') },
      release: () => undefined,
    }),
};

export async function keysOf(redis: Redis, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1_000 })) found.push(...(keys as string[]));
  return [...new Set(found)];
}

/** Memory of all keys with the prefix, as Redis measures it (bytes). */
export async function memoryOf(redis: Redis, prefix: string): Promise<number> {
  const keys = await keysOf(redis, prefix);
  const sizes = await Promise.all(keys.map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)));
  return sizes.reduce<number>((sum, size) => sum + Number(size), 0);
}
