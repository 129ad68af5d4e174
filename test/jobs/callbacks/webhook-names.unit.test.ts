import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Resolve } from '../../../adapters/outbound/name-resolution.js';
import { systemClock } from '../../../primitives/clock.js';
import { FanlightError } from '../../../schemas/failure.js';
import { callbackConfig } from '../../../jobs/callbacks/config.js';
import { callbackKinds } from '../../../jobs/callbacks/kinds.js';
import { createWebhookCallback } from '../../../jobs/callbacks/webhook/callback.js';
import { createSecret } from '../../../jobs/callbacks/webhook/secrets.js';
import { refusedNames } from '../../adapters/refused-names.js';
import { failureOf } from '../../processors/support.js';
import { partOf } from './deliveries.js';
import { memoryWebhookStore } from './memory-webhook-store.js';

const signal = new AbortController().signal;

const absent: Resolve = () => Promise.reject(new Error('ENOTFOUND'));

const targetOf = (url: string) => ({ kind: 'webhook', endpoint: url, place: url });
const storeWithSecret = () => memoryWebhookStore({ shop: [createSecret(randomBytes, systemClock.now())] });

async function failureOfDelivery(url: string, resolve: Resolve, allow = '') {
  const reasons: string[][] = [];
  const callback = createWebhookCallback({
    config: callbackConfig({ allow }),
    clock: systemClock,
    store: storeWithSecret(),
    resolve,
    onUnreachable: (...told) => void reasons.push(told),
  });
  const failure = await failureOf(callback.deliver(targetOf(url), partOf('J', 0, 1), signal));
  await callback.close();
  return { failure, reasons };
}

/** Returns all that a dead letter and a circuit publish of a failure, without the host. */
function publishedOf({ code, kind, message, remedy, retryAfterMs, stack, cause }: FanlightError, host: string) {
  const why = cause instanceof FanlightError ? { stack: cause.stack, cause: cause.cause } : cause;
  const texts = { code, kind, message, remedy, retryAfterMs, stack, why };
  return JSON.parse(JSON.stringify(texts).replaceAll(host, 'HOST')) as Record<string, unknown>;
}

describe('webhooks to names of internal hosts', () => {
  it.each(refusedNames)('fail by https like an absent name: a name that $name', async ({ resolve, reason }) => {
    const published: unknown[] = [];
    for (const [host, resolved] of [
      ['absent.example', absent],
      ['photos.example', resolve],
    ] as const) {
      published.push(publishedOf((await failureOfDelivery(`https://${host}/hook`, resolved)).failure, host));
    }
    expect(published[1]).toEqual(published[0]);
    const { failure, reasons } = await failureOfDelivery('https://photos.example/hook', resolve);
    expect(failure).toMatchObject({
      code: 'callback-failed',
      kind: 'transient',
      message:
        'photos.example did not accept the results: ' +
        'photos.example cannot be reached: no permitted address is known for it.',
      remedy: expect.stringContaining('FANLIGHT_CALLBACK_ALLOW'),
    });
    expect(reasons).toEqual([['photos.example', reason]]);
  });

  it('fail by http like an absent name, for all addresses outside the allowed networks', async () => {
    const addresses = ['93.184.216.34', '10.0.0.1', '127.0.0.2'];
    const published: unknown[] = [];
    const logged: string[] = [];
    for (const resolve of [absent, ...addresses.map((address): Resolve => async () => [address])]) {
      const { failure, reasons } = await failureOfDelivery('http://photos.example/hook', resolve, '127.0.0.1/32');
      published.push(publishedOf(failure, 'photos.example'));
      logged.push(...reasons.map(([, reason = '']) => reason));
    }
    expect(published).toEqual(Array(4).fill(published[0]));
    const why = 'which is not among the networks that are allowed';
    expect(logged).toEqual([
      'its name does not resolve: ENOTFOUND',
      ...addresses.map((address) => `it resolves to ${address}, ${why}`),
    ]);
  });

  it('report the real reason to the log of the worker', async () => {
    const kind = callbackKinds.find(({ name }) => name === 'webhook') ?? expect.fail('There is no such kind.');
    const reasons: string[][] = [];
    const callback = await kind.open({
      environment: {},
      config: callbackConfig({}),
      clock: systemClock,
      publishTo: () => expect.fail('A webhook publishes nothing.'),
      webhooks: storeWithSecret(),
      onUnreachable: (...told) => void reasons.push(told),
    });
    await failureOf(callback.deliver(targetOf('https://localhost:1/hook'), partOf('J', 0, 1), signal));
    expect(reasons).toEqual([['localhost', expect.stringMatching(/^it resolves to .+, which is a loopback address$/)]]);
    await callback.close();
  });
});
