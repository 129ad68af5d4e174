import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../primitives/clock.js';
import type { Callback, Delivery } from '../../../jobs/callbacks/callback.js';
import { callbackConfig, type CallbackSettings } from '../../../jobs/callbacks/config.js';
import { createWebhookCallback } from '../../../jobs/callbacks/webhook/callback.js';
import { createSecret, overlapMs, rotated, valid } from '../../../jobs/callbacks/webhook/secrets.js';
import type { WebhookStore } from '../../../jobs/callbacks/webhook/store.js';
import { startTcpServer } from '../../adapters/support.js';
import { endOf, jobResult, partOf } from './deliveries.js';
import { memoryWebhookStore } from './memory-webhook-store.js';
import { startReceiver, takesIt, verified, type Answer, type Receiver } from './receiver.js';

const now = systemClock.now();
const secretOf = (at = now) => createSecret(randomBytes, at);
const only = secretOf();
const allow = '127.0.0.1/32';
const signal = new AbortController().signal;

function openWebhooks(store: WebhookStore, settings: CallbackSettings = {}): Callback {
  return createWebhookCallback({ config: callbackConfig({ allow, ...settings }), clock: systemClock, store });
}

const targetOf = (url: string) => ({ kind: 'webhook', endpoint: url, place: url });

describe('webhooks', () => {
  let receiver: Receiver;
  let store: WebhookStore;
  let callback: Callback;
  beforeEach(async () => {
    receiver = await startReceiver();
    store = memoryWebhookStore({ shop: [only] });
    callback = openWebhooks(store, { timeoutMs: '300' });
  });
  afterEach(async () => {
    await callback.close();
    await receiver.close();
  });
  const deliver = (delivery: Delivery = partOf('J', 0, 2)) =>
    callback.deliver(targetOf(receiver.url()), delivery, signal);

  it('signs the body and the time of a request', async () => {
    await deliver(partOf('J', 3, 5));
    await deliver(endOf('J', 5));
    const [results, finished] = receiver.requests;
    expect(results && verified(only.secret, results)).toEqual({
      type: 'job.results',
      timestamp: '2026-01-02T03:04:05.000Z',
      data: { job: 'J', results: [jobResult('J', 3), jobResult('J', 4)] },
    });
    expect(finished && verified(only.secret, finished)).toMatchObject({
      type: 'job.finished',
      timestamp: '2026-01-02T03:04:05.000Z',
      data: { job: 'J', images: 5 },
    });
    expect([results?.headers['webhook-id'], finished?.headers['webhook-id']]).toEqual([
      partOf('J', 3, 5).id,
      endOf('J', 5).id,
    ]);
    expect(results?.headers['content-type']).toBe('application/json');
    expect(Number(results?.headers['webhook-timestamp']) * 1_000).toBeGreaterThan(now - 1_000);
    expect(() => verified(secretOf().secret, receiver.requests[0] ?? expect.fail())).toThrow('No matching signature');
  });

  it('splits a large delivery into requests with stable ids', async () => {
    const large = partOf('J', 0, 100, '.'.repeat(9_000));
    for (let times = 0; times < 2; times += 1) await deliver(large);
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([large.id, `${large.id}-1`, large.id, `${large.id}-1`]);
    expect(receiver.requests[2]?.body).toBe(receiver.requests[0]?.body);
    for (const { body } of receiver.requests) expect(Buffer.byteLength(body)).toBeLessThan(2 ** 20);
  });

  it('signs with both secrets during a rotation', async () => {
    const next = secretOf();
    const secrets = rotated([only], next, now);
    await store.putSecrets('shop', secrets);
    await deliver();
    const [request] = receiver.requests;
    for (const { secret } of [only, next])
      expect(request && verified(secret, request)).toMatchObject({ type: 'job.results' });
    expect(valid(secrets, now + overlapMs - 1)).toHaveLength(2);
    expect(valid(secrets, now + overlapMs)).toEqual([next]);
  });

  it('does not sign with an expired secret', async () => {
    await store.putSecrets('shop', [only, { ...secretOf(), expiresAt: now - 1 }]);
    await deliver();
    expect(receiver.requests[0]?.headers['webhook-signature']).not.toContain(' ');
  });

  it('signs with the secret of `anyone` for a job without a client', async () => {
    const open = secretOf();
    await store.putSecrets('anyone', [open]);
    await deliver({ ...partOf('J', 0, 1), client: null });
    expect(receiver.requests[0] && verified(open.secret, receiver.requests[0])).toMatchObject({ type: 'job.results' });
  });

  it('sends nothing for a client without a secret, and names the command that creates one', async () => {
    await expect(deliver({ ...partOf('J', 0, 1), client: 'new' })).rejects.toMatchObject({
      code: 'no-webhook-secret',
      kind: 'permanent',
      remedy: 'Create one with `fanlight webhooks secret new`, then replay the dead letter.',
    });
    expect(receiver.requests).toEqual([]);
  });

  it.each<[number, string | null]>([
    [200, null],
    [202, null],
    [299, null],
    [301, 'callback-refused'],
    [307, 'callback-refused'],
    [400, 'callback-refused'],
    [401, 'callback-refused'],
    [404, 'callback-refused'],
    [408, 'callback-failed'],
    [413, 'callback-refused'],
    [425, 'callback-failed'],
    [429, 'callback-failed'],
    [500, 'callback-failed'],
    [502, 'callback-failed'],
    [503, 'callback-failed'],
    [599, 'callback-failed'],
  ])('maps the answer status %i to the failure %s', async (status, code) => {
    receiver.answer = (response) =>
      response.writeHead(status, { location: receiver.url('/elsewhere') }).end('an answer');
    const outcome = await deliver().then(
      () => null,
      (error: { code: string }) => error.code,
    );
    expect(outcome).toBe(code);
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/hook']);
  });

  it.each([
    [429, '120', 120_000],
    [503, '7', 7_000],
    [503, 'soon', undefined],
    [503, undefined, undefined],
  ])('maps status %i with Retry-After %s to a wait of %s ms', async (status, value, retryAfterMs) => {
    receiver.answer = (response) =>
      response.writeHead(status, value === undefined ? {} : { 'retry-after': value }).end();
    await expect(deliver()).rejects.toMatchObject({ code: 'callback-failed', retryAfterMs });
  });

  it('parses a date in Retry-After', async () => {
    receiver.answer = (response) =>
      response.writeHead(503, { 'retry-after': new Date(systemClock.now() + 3_600_000).toUTCString() }).end();
    const error = (await deliver().catch((thrown: unknown) => thrown)) as { retryAfterMs: number };
    expect(error.retryAfterMs).toBeGreaterThan(3_590_000);
    expect(error.retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });

  it('disables an endpoint that answered 410 until an operator enables it', async () => {
    receiver.answer = (response) => response.writeHead(410).end();
    const gone = { code: 'endpoint-gone', kind: 'permanent' };
    await expect(deliver()).rejects.toMatchObject(gone);
    await expect(deliver()).rejects.toMatchObject(gone);
    expect(receiver.requests).toHaveLength(1);
    expect(await store.disabled()).toEqual([
      { url: receiver.url(), since: expect.any(Number) as number, client: 'shop' },
    ]);
    receiver.answer = takesIt;
    await store.enable(receiver.url());
    await deliver();
    expect(receiver.requests).toHaveLength(2);
  });

  const drips: Answer = (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(timer));
  };

  it.each<[string, Answer]>([
    ['never answers', () => undefined],
    ['never ends its answer', drips],
    ['closes the connection without an answer', (response) => response.destroy()],
    [
      'closes the connection within its headers',
      (response) => void response.socket?.end('HTTP/1.1 200 OK\r\nContent-'),
    ],
    ['does not speak HTTP', (response) => void response.socket?.end('hello\r\n\r\n')],
  ])('throws a transient failure, and repeats with the same id, when an endpoint %s', async (_name, answer) => {
    receiver.answer = answer;
    await expect(deliver()).rejects.toMatchObject({ code: 'callback-failed', kind: 'transient' });
    receiver.answer = takesIt;
    await deliver();
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('stops reading a long answer', async () => {
    let sent = 0;
    receiver.answer = (response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(16 * 1024);
      const pump = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        response.once('drain', pump);
      };
      pump();
    };
    await deliver();
    // The buffers of both sockets take some bytes too.
    expect(sent).toBeLessThan(16 * 2 ** 20);
  });

  it('throws a transient failure when the endpoint is unreachable', async () => {
    const silent = await startTcpServer(() => undefined);
    await silent.close();
    await expect(
      callback.deliver(targetOf(`http://127.0.0.1:${silent.port}/`), partOf('J', 0, 1), signal),
    ).rejects.toMatchObject({ code: 'callback-failed' });
  });

  it.each([
    ['http to a network that is not allowed', 'http://127.0.0.2:1/'],
    ['http to a public address', 'http://93.184.216.34/'],
    ['https to a private address', 'https://10.0.0.1/'],
  ])('throws a permanent failure for a forbidden address in the URL: %s', async (_name, url) => {
    const guarded = openWebhooks(store, { allow });
    await expect(guarded.deliver(targetOf(url), partOf('J', 0, 1), signal)).rejects.toMatchObject({
      code: 'forbidden-address',
      kind: 'permanent',
    });
    await guarded.close();
  });
});
