import { createHash } from 'node:crypto';
import { connectRedis } from '../../adapters/redis-connection.js';
import { type Clock, sleep } from '../../primitives/clock.js';
import type { FanlightError } from '../../schemas/failure.js';
import { misconfigured, reason, rejected, unavailable } from '../../adapters/stores/failures.js';
import type { RedisSinkConfig } from './config.js';
import type { ScriptCall } from './request.js';
import { storeResultScript } from './script.js';

/** Sends commands to one Redis. Throws only `FanlightError`s. */
export interface RedisService {
  open(): Promise<void>;
  /**
   * Runs all calls in one round trip, in order. Returns for each undefined, or the reason why Redis refuses it. Sends
   * nothing after the signal has aborted.
   */
  run(calls: readonly ScriptCall[], signal?: AbortSignal): Promise<readonly (FanlightError | undefined)[]>;
  close(): Promise<void>;
}

const scriptSha = createHash('sha1').update(storeResultScript).digest('hex');
const readyPollMs = 20;

export function createRedisService(config: RedisSinkConfig, clock: Clock): RedisService {
  const address = new URL(config.url).host;
  const store = `Redis at ${address}`;
  let lastError: unknown;
  const client = connectRedis({
    url: config.url,
    // No timeout of a command: that would be one timer for each record.
    timeouts: { connectMs: config.timeoutMs, silenceMs: config.timeoutMs },
    start: 'on-demand',
  });
  client.on('error', (error: Error) => {
    lastError = error;
  });

  async function connected(): Promise<void> {
    if (client.status === 'ready') return;
    if (client.status === 'wait' || client.status === 'end') {
      client.connect().catch((error: unknown) => {
        lastError = error;
      });
    }
    const giveUpAt = clock.now() + config.timeoutMs;
    while (!isReady()) {
      if (clock.now() >= giveUpAt) throw asFailure(lastError ?? new Error('no connection'));
      await sleep(clock, readyPollMs);
    }
  }

  function isReady(): boolean {
    return client.status === 'ready';
  }

  async function send(calls: readonly ScriptCall[], signal?: AbortSignal): Promise<readonly (Error | null)[]> {
    if (signal?.aborted) throw unavailable(store, 'is left alone', signal.reason);
    const pipeline = client.pipeline();
    for (const { key, args } of calls) pipeline.evalsha(scriptSha, 1, key, ...args);
    const answers = await attempt(() => pipeline.exec());
    if (answers === null) throw unavailable(store, 'gives no answer');
    return answers.map(([error]) => error);
  }

  async function attempt<Answer>(command: () => Promise<Answer>): Promise<Answer> {
    try {
      return await command();
    } catch (thrown) {
      throw asFailure(thrown);
    }
  }

  /** Converts an error that no record has caused. */
  function asFailure(thrown: unknown): FanlightError {
    if (/\b(NOAUTH|WRONGPASS|NOPERM|DENIED)\b/.test(reason(thrown))) {
      return misconfigured(store, `access is denied, ${reason(thrown)}`, 'Check user and password in the URL.', thrown);
    }
    return unavailable(store, 'cannot be used', thrown);
  }

  /** Only a key of the wrong type, which another program wrote, concerns the record. All other errors concern Redis. */
  function refusal(call: ScriptCall, error: Error): FanlightError {
    if (!error.message.includes('WRONGTYPE')) throw asFailure(error);
    return rejected(store, call.key, 'a key that it needs holds another type of value', error);
  }

  return {
    async open() {
      await connected();
      const info = await attempt(() => client.info('cluster'));
      if (/cluster_enabled:1/.test(info) && !/\{[^}]+\}/.test(config.prefix)) {
        throw misconfigured(
          store,
          `it is a cluster, and the prefix ${config.prefix} has no hash tag`,
          'Set a prefix such as {fl}: so that all keys share one slot.',
        );
      }
      await attempt(() => client.script('LOAD', storeResultScript));
    },

    async run(calls, signal) {
      await connected();
      let errors = await send(calls, signal);
      if (errors.some((error) => error?.message.startsWith('NOSCRIPT'))) {
        // Redis lost the script in a restart or a failover. All calls are repeated, because their order matters.
        await attempt(() => client.script('LOAD', storeResultScript));
        errors = await send(calls, signal);
      }
      return errors.map((error, index) => (error === null ? undefined : refusal(calls[index] as ScriptCall, error)));
    },

    async close() {
      client.disconnect();
    },
  };
}
