import { randomBytes } from 'node:crypto';
import { createRedisWebhookStore } from '../../jobs/callbacks/webhook/redis-store.js';
import { createSecret, overlapMs, rotated, valid } from '../../jobs/callbacks/webhook/secrets.js';
import type { WebhookStore } from '../../jobs/callbacks/webhook/store.js';
import { redisPrefix } from '../../processes/redis.js';
import { exitCodes } from '../client/exit-codes.js';
import { withRedis } from '../client/redis-client.js';

export interface SecretOptions {
  readonly rotate?: boolean;
  readonly json?: boolean;
}

const withStore = (environment: NodeJS.ProcessEnv, use: (store: WebhookStore) => Promise<number>) =>
  withRedis('Webhook secrets and disabled endpoints are', environment, (redis) =>
    use(createRedisWebhookStore(redis, redisPrefix)),
  );

/** Prints a new secret on standard output, and a note about it on standard error. */
export function runWebhooksSecret(
  client: string,
  { rotate, json }: SecretOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  return withStore(environment, async (store) => {
    const now = Date.now();
    const known = valid(await store.secrets(client), now);
    if (known.length > 0 && rotate !== true) {
      const stillValid = known.length === 1 ? 'a secret' : `${known.length} secrets`;
      if (json)
        process.stdout.write(
          `${JSON.stringify({ client, secrets: known.map(({ createdAt, expiresAt }) => ({ createdAt, expiresAt })) })}\n`,
        );
      else
        process.stdout.write(
          `${client} has ${stillValid}, which cannot be shown again. Create a new one with --rotate.\n`,
        );
      return exitCodes.done;
    }
    const next = createSecret(randomBytes, now);
    await store.putSecrets(client, rotated(known, next, now));
    process.stdout.write(json ? `${JSON.stringify({ client, secret: next.secret })}\n` : `${next.secret}\n`);
    const overlap = known.length === 0 ? '' : ` For ${overlapMs / 3_600_000} hours, the previous secret also signs.`;
    if (!json) process.stderr.write(`Secret of ${client}. It is shown only once.${overlap}\n`);
    return exitCodes.done;
  });
}

export function runWebhooksList({ json }: { json?: boolean }, environment: NodeJS.ProcessEnv): Promise<number> {
  return withStore(environment, async (store) => {
    const disabled = (await store.disabled()).toSorted((a, b) => a.since - b.since);
    if (json) process.stdout.write(`${JSON.stringify(disabled)}\n`);
    else if (disabled.length === 0) process.stdout.write('No endpoint is disabled.\n');
    else
      for (const { url, since, client } of disabled)
        process.stdout.write(`${new Date(since).toISOString()}  ${client}  ${url}\n`);
    return exitCodes.done;
  });
}

export function runWebhooksEnable(url: string, environment: NodeJS.ProcessEnv): Promise<number> {
  return withStore(environment, async (store) => {
    if (await store.enable(url)) {
      process.stdout.write(
        `${url} gets deliveries again. Replay the missed ones: fanlight dlq replay --lane callbacks --code endpoint-gone\n`,
      );
      return exitCodes.done;
    }
    process.stderr.write(`${url} is not disabled; \`fanlight webhooks ls\` lists the disabled endpoints.\n`);
    return exitCodes.failed;
  });
}
