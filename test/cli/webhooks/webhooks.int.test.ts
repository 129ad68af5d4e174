import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRedisDeliveredItems } from '../../../jobs/callbacks/redis-delivered-items.js';
import { runWebhooksEnable, runWebhooksList, runWebhooksSecret } from '../../../cli/webhooks/webhooks.js';
import { webhooksCommand } from '../../../cli/commands/webhooks.js';
import { withRedis } from '../../../cli/client/redis-client.js';
import { redisPrefix } from '../../../processes/redis.js';
import { createRedisWebhookStore } from '../../../jobs/callbacks/webhook/redis-store.js';
import type { WebhookStore } from '../../../jobs/callbacks/webhook/store.js';
import { storeAddress } from '../../sinks/store-address.js';
import { captured } from '../captured.js';

const environment = { FANLIGHT_REDIS_URL: storeAddress('FANLIGHT_TEST_REDIS_URL') ?? '' };
const withStore = <T>(use: (store: WebhookStore) => Promise<T>) =>
  withRedis('This is', environment, (redis) => use(createRedisWebhookStore(redis, redisPrefix)));

/** Runs a command that must succeed; returns its standard output. */
async function printed(run: () => Promise<number>, output: { text: string }): Promise<string> {
  output.text = '';
  expect(await run()).toBe(0);
  return output.text;
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('fanlight webhooks', () => {
  it('prints a secret only once, and keeps it valid for a day after rotation', async () => {
    const output = captured();
    const client = `test-${randomUUID()}`;
    const first = (await printed(() => runWebhooksSecret(client, {}, environment), output)).trim();
    expect(first).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await printed(() => runWebhooksSecret(client, {}, environment), output)).toBe(
      `${client} has a secret, which cannot be shown again. Create a new one with --rotate.\n`,
    );

    vi.stubEnv('FANLIGHT_REDIS_URL', environment.FANLIGHT_REDIS_URL);
    output.text = '';
    await webhooksCommand().parseAsync(['secret', client, '--rotate', '--json'], { from: 'user' });
    const { secret: second } = JSON.parse(output.text) as { secret: string };
    const now = Date.now();
    const [newest, before, ...none] = await withStore((store) => store.secrets(client));
    expect([newest, before?.secret, none]).toEqual([
      { secret: second, createdAt: expect.any(Number) as number, expiresAt: null },
      first,
      [],
    ]);
    expect(Math.abs((before?.expiresAt ?? 0) - now - 86_400_000)).toBeLessThan(60_000);
    expect(await printed(() => runWebhooksSecret(client, { json: true }, environment), output)).not.toContain('whsec_');
  });

  it('lists disabled endpoints, and enables them', async () => {
    const output = captured();
    const url = `https://shop.example/${randomUUID()}`;
    await withStore((store) => store.disable({ url, since: Date.UTC(2026, 0, 1), client: 'shop' }));
    expect(await withStore((store) => store.isDisabled(url))).toEqual({
      url,
      since: Date.UTC(2026, 0, 1),
      client: 'shop',
    });
    expect(await printed(() => runWebhooksList({}, environment), output)).toContain(
      `2026-01-01T00:00:00.000Z  shop  ${url}\n`,
    );
    expect(JSON.parse(await printed(() => runWebhooksList({ json: true }, environment), output))).toContainEqual({
      url,
      since: Date.UTC(2026, 0, 1),
      client: 'shop',
    });
    expect(await printed(() => runWebhooksEnable(url, environment), output)).toContain('gets deliveries again');
    expect(await withStore((store) => store.isDisabled(url))).toBeUndefined();
    expect(await runWebhooksEnable(url, environment)).toBe(1);
  });
});

describe('callback state in Redis', () => {
  it('counts each delivered image of a job once', async () => {
    const redis = new Redis(environment.FANLIGHT_REDIS_URL);
    const delivered = createRedisDeliveredItems(redis, `test-${randomUUID()}:`);
    expect(await delivered.count('J')).toBe(0);
    await delivered.add('J', [0, 7, 1_000_000]);
    await delivered.add('J', [7, 8]);
    expect([await delivered.count('J'), await delivered.count('K')]).toEqual([4, 0]);
    redis.disconnect();
  });

  it('fails with a transient error while Redis is away', async () => {
    const redis = new Redis({
      host: '127.0.0.1',
      port: 1,
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    redis.on('error', () => undefined);
    const unavailable = { code: 'store-unavailable', kind: 'transient' };
    await expect(createRedisDeliveredItems(redis, '').add('J', [0])).rejects.toMatchObject(unavailable);
    await expect(createRedisDeliveredItems(redis, '').count('J')).rejects.toMatchObject(unavailable);
    await expect(createRedisWebhookStore(redis, '').secrets('shop')).rejects.toMatchObject(unavailable);
    redis.disconnect();
  });
});
