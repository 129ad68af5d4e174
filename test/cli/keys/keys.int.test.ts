import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runKeysCreate, runKeysList, runKeysRevoke, runKeysSet } from '../../../cli/keys/keys.js';
import { keysCommand } from '../../../cli/commands/keys.js';
import { hashSecret, parseApiKey } from '../../../http/clients/api-key.js';
import { withKeyStore } from '../../../cli/keys/key-store.js';
import { storeAddress } from '../../sinks/store-address.js';
import { captured } from '../captured.js';

const environment = { FANLIGHT_REDIS_URL: storeAddress('FANLIGHT_TEST_REDIS_URL') ?? '' };
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Runs a command; returns its standard output. */
async function printed(run: Promise<number>, output: { text: string }): Promise<string> {
  output.text = '';
  expect(await run).toBe(0);
  return output.text;
}

describe('fanlight keys', () => {
  it('creates, lists, changes and revokes keys', async () => {
    const output = captured();
    const name = `test-${randomUUID()}`;
    const listed = async () =>
      (JSON.parse(await printed(runKeysList({ json: true }, environment), output)) as { name: string }[]).find(
        (client) => client.name === name,
      );

    const text = (
      await printed(runKeysCreate(name, { rate: { perSecond: 1, burst: 2 }, expires: 1_000 }, environment), output)
    ).trim();
    const key = parseApiKey(text);
    const record = {
      id: key?.id,
      client: name,
      createdAt: expect.any(Number) as number,
      expiresAt: expect.any(Number) as number,
      revokedAt: null,
    };
    expect(await listed()).toMatchObject({
      scopes: ['tag'],
      limits: { rate: { perSecond: 1, burst: 2 }, concurrency: null, imagesPerDay: null },
      keys: [record],
    });
    const stored = await withKeyStore(environment, (store) => store.key(key?.id ?? ''));
    expect(stored?.hash).toBe(hashSecret(key?.secret ?? '').toString('hex'));
    expect(JSON.stringify(stored)).not.toContain(key?.secret);

    await printed(runKeysSet(name, { daily: 9, scope: ['tag', 'jobs'] }, environment), output);
    const second = JSON.parse(await printed(runKeysCreate(name, { json: true }, environment), output)) as {
      id: string;
    };
    expect(await listed()).toMatchObject({
      scopes: ['tag', 'jobs'],
      limits: { rate: { perSecond: 1, burst: 2 }, imagesPerDay: 9 },
      keys: [record, { id: second.id, expiresAt: null }],
    });

    vi.stubEnv('FANLIGHT_REDIS_URL', environment.FANLIGHT_REDIS_URL);
    await keysCommand().parseAsync(['set', name, '--rate', 'none', '--concurrency', '3'], { from: 'user' });
    expect(await listed()).toMatchObject({ limits: { rate: null, concurrency: 3, imagesPerDay: 9 } });

    await printed(runKeysRevoke(second.id, {}, environment), output);
    expect(await listed()).toMatchObject({ keys: [{ revokedAt: null }, { revokedAt: expect.any(Number) as number }] });
  });

  it('rejects unknown clients and keys, and an unreachable Redis', async () => {
    captured();
    await expect(runKeysSet(`test-${randomUUID()}`, {}, environment)).rejects.toThrow('There is no client');
    await expect(runKeysRevoke('000000000000', {}, environment)).rejects.toThrow(
      'There is no key with the id "000000000000".',
    );
    await expect(runKeysList({}, { FANLIGHT_REDIS_URL: 'redis://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'host-unreachable',
    });
  });
});
