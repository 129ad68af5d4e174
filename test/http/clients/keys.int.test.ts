import { randomBytes, randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createApiKey, formatApiKey } from '../../../http/clients/api-key.js';
import { createAuthenticator } from '../../../http/clients/authenticator.js';
import type { KeyOfClient } from '../../../http/clients/client.js';
import { createGuard } from '../../../http/clients/guard.js';
import { createKnownKeys } from '../../../http/clients/known-keys.js';
import { connectRedis } from '../../../adapters/redis-connection.js';
import { createRedisKeyStore } from '../../../http/clients/redis-key-store.js';
import { createRedisLimiter } from '../../../http/clients/redis-limiter.js';
import { addressOf, cuttableProxy, throughProxy } from '../../sinks/cuttable-proxy.js';
import { storeAddress } from '../../sinks/store-address.js';
import { bearer, keyOfClient, unlimited } from './clients-support.js';
import { gatewayHarness, manualClock, postJson } from '../../gateway/harness.js';

const url = storeAddress('FANLIGHT_TEST_REDIS_URL') ?? '';
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const request = (key: string) => postJson({ url: 'https://photos.example/1.jpg' }, bearer(key));

/** A gateway with keys and limits in Redis; the test controls its clock. */
async function openGateway(prefix: string, address = url) {
  const outages: string[] = [];
  const redis = connectRedis({ url: address, onAway: () => outages.push('away'), onBack: () => outages.push('back') });
  const clock = manualClock();
  const store = createRedisKeyStore(redis, prefix);
  const limits = createRedisLimiter({ redis, prefix, clock, randomHex: () => randomUUID() });
  closing.push(
    () => limits.close(),
    () => redis.disconnect(),
  );
  await expect.poll(() => redis.status).toBe('ready');
  const authenticate = createAuthenticator({
    findKey: createKnownKeys({ find: (id) => store.find(id), clock }),
    clock,
  });
  const { app, calls } = gatewayHarness({ guard: createGuard({ authenticate, limits, metrics: new Registry() }) });
  const ask = async (key: string) => {
    const response = await app.request('/v1/tags', request(key));
    return [response.status, ((await response.json()) as { code?: string }).code];
  };
  return { store, clock, redis, outages, calls, ask };
}

async function save({ store }: Awaited<ReturnType<typeof openGateway>>, { client, key }: KeyOfClient): Promise<void> {
  await store.putClient(client);
  await store.putKey(key);
}

describe('keys in Redis', () => {
  it('are shared by all gateways, and revoked on all of them within 3 seconds', async () => {
    const prefix = `test-${randomUUID()}:`;
    const gateways = [await openGateway(prefix), await openGateway(prefix)];
    const [first] = gateways as [Awaited<ReturnType<typeof openGateway>>];
    const mine = keyOfClient();
    const askAll = () => Promise.all(gateways.map(({ ask }) => ask(mine.text)));
    const advanceAll = () => gateways.forEach(({ clock }) => clock.advance(3_000));

    expect(await askAll()).toEqual([
      [401, 'unauthorized'],
      [401, 'unauthorized'],
    ]);
    await save(first, mine);
    advanceAll();
    expect(await askAll()).toEqual([
      [200, undefined],
      [200, undefined],
    ]);
    await first.store.putKey({ ...mine.key, revokedAt: 1 });
    advanceAll();
    expect(await askAll()).toEqual([
      [401, 'unauthorized'],
      [401, 'unauthorized'],
    ]);
    expect(await first.store.list()).toEqual({ clients: [mine.client], keys: [{ ...mine.key, revokedAt: 1 }] });
  });

  it('share one limit of their client over all gateways', async () => {
    const prefix = `test-${randomUUID()}:`;
    const gateways = [await openGateway(prefix), await openGateway(prefix)];
    const mine = keyOfClient({ limits: { ...unlimited, rate: { perSecond: 0.001, burst: 5 }, imagesPerDay: 100 } });
    await save(gateways[0] as Awaited<ReturnType<typeof openGateway>>, mine);
    const answers = await Promise.all(
      [...gateways, ...gateways, ...gateways, ...gateways].map(({ ask }) => ask(mine.text)),
    );
    expect(answers.filter((answer) => answer[0] === 200)).toHaveLength(5);
    expect(answers.filter((answer) => answer[1] === 'rate-limit-exceeded')).toHaveLength(3);
    expect(gateways.flatMap(({ calls }) => calls.map(({ options }) => options.client))).toEqual(Array(5).fill('shop'));
  });

  it('work during an outage of Redis if the gateway knows them; other keys get 503', async () => {
    const prefix = `test-${randomUUID()}:`;
    const proxy = await cuttableProxy(addressOf(url, 6379));
    closing.push(() => proxy.close());
    const gateway = await openGateway(prefix, throughProxy(url, proxy));
    const [mine, later] = [keyOfClient(), keyOfClient()];
    await save(gateway, mine);
    expect(await gateway.ask(mine.text)).toEqual([200, undefined]);

    await proxy.cut();
    await expect.poll(() => gateway.redis.status).not.toBe('ready');
    gateway.clock.advance(3_000);
    expect(await gateway.ask(mine.text)).toEqual([200, undefined]);
    expect(await gateway.ask(formatApiKey(createApiKey(randomBytes)))).toEqual([503, 'keys-unavailable']);
    expect(await gateway.ask(later.text)).toEqual([503, 'keys-unavailable']);
    await expect.poll(() => gateway.outages).toEqual(['away']);

    await proxy.restore();
    await expect.poll(() => gateway.redis.status, { timeout: 10_000 }).toBe('ready');
    await save(gateway, later);
    expect(await gateway.ask(later.text)).toEqual([200, undefined]);
    expect(gateway.outages).toEqual(['away', 'back']);
  });
});
