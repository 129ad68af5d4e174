import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../primitives/clock.js';
import { callbackConfig } from '../../../jobs/callbacks/config.js';
import { createWebhookCallback } from '../../../jobs/callbacks/webhook/callback.js';
import { createSecret } from '../../../jobs/callbacks/webhook/secrets.js';
import { pythonIsMissing, pythonWith } from '../../support/python-clients.js';
import { endOf, partOf } from './deliveries.js';
import { memoryWebhookStore } from './memory-webhook-store.js';

const examples = join(import.meta.dirname, '..', '..', '..', 'examples');
const secret = createSecret(randomBytes, systemClock.now());
const signal = new AbortController().signal;

describe('the examples of docs/callbacks.md', () => {
  let receiver: ChildProcess | undefined;
  afterEach(async () => {
    if (!receiver) return;
    const ended = once(receiver, 'exit');
    receiver.kill();
    await ended;
  });

  it.for([
    [
      'examples/node/receive-webhooks.mjs',
      () => Promise.resolve([process.execPath, join(examples, 'node', 'receive-webhooks.mjs')]),
    ],
    [
      'examples/python/receive_webhooks.py',
      async () => [
        await pythonWith(join(examples, 'python', 'webhook-requirements.txt')),
        join(examples, 'python', 'receive_webhooks.py'),
      ],
    ],
  ] as const)('%s accepts each result once, and rejects unsigned requests', async ([name, commandOf], { skip }) => {
    const missing = name.endsWith('.py') ? await pythonIsMissing() : null;
    if (missing !== null) {
      console.warn(`NOT TESTED: ${name}, because ${missing}`);
      skip(missing);
    }
    const [command = '', script = ''] = await commandOf();
    receiver = spawn(command, [script, '0'], {
      env: { ...process.env, WEBHOOK_SECRET: secret.secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines: string[] = [];
    createInterface({ input: receiver.stdout! }).on('line', (line) => lines.push(line));
    await expect.poll(() => lines[0], { timeout: 20_000 }).toMatch(/^listening on port \d+$/);
    const url = `http://127.0.0.1:${lines[0]?.split(' ').at(-1)}/hook`;

    expect(
      (await fetch(url, { method: 'POST', body: JSON.stringify({ type: 'job.results', data: { results: [] } }) }))
        .status,
    ).toBe(401);
    const callback = createWebhookCallback({
      config: callbackConfig({ allow: '127.0.0.1/32' }),
      clock: systemClock,
      store: memoryWebhookStore({ shop: [secret] }),
    });
    const target = { kind: 'webhook', endpoint: url, place: url };
    for (const delivery of [partOf('job', 5, 7), partOf('job', 5, 7), partOf('job', 7, 8), endOf('job', 3)])
      await callback.deliver(target, delivery, signal);
    await callback.close();
    await expect
      .poll(() => lines.slice(1))
      .toEqual(['image-5 stove', 'image-6 not-found', 'image-7 stove', '2 of 3 tagged']);
  });
});
