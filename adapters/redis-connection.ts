import { Redis, type RedisOptions } from 'ioredis';

export interface RedisConnectionOptions {
  /** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Default: `requests`. */
  readonly timeouts?: RedisTimeouts;
  /** `on-demand`: the caller calls `connect`. Default: `at-once`. */
  readonly start?: 'at-once' | 'on-demand';
  /** Called once at the start of an outage. */
  readonly onAway?: (error: Error) => void;
  /** Called once at the end of an outage. */
  readonly onBack?: () => void;
}

/** Timeouts (ms). */
export interface RedisTimeouts {
  readonly connectMs: number;
  /** Longest silence while answers are awaited. Then the client closes the connection, and commands fail at once. */
  readonly silenceMs: number;
  /** Timeout of each command. It costs a timer for each command; without it, `silenceMs` ends an unanswered one. */
  readonly commandMs?: number;
}

/** Short timeouts, because an HTTP request waits for the command. */
const requests: RedisTimeouts = { connectMs: 2_000, silenceMs: 1_000, commandMs: 250 };

/** Connects in the background, and reconnects for ever. While there is no connection, commands fail at once. */
export function connectRedis(options: RedisConnectionOptions): Redis {
  const { url, timeouts = requests, start = 'at-once', onAway, onBack } = options;
  const client = new Redis(url, {
    ...optionsOf(timeouts),
    lazyConnect: start === 'on-demand',
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(100 * times, 1_000),
  });
  let away = false;
  client.on('error', (error: Error) => {
    if (!away) onAway?.(error);
    away = true;
  });
  client.on('ready', () => {
    if (away) onBack?.();
    away = false;
  });
  return client;
}

function optionsOf({ connectMs, silenceMs, commandMs }: RedisTimeouts): RedisOptions {
  return {
    connectTimeout: connectMs,
    socketTimeout: silenceMs,
    ...(commandMs === undefined ? {} : { commandTimeout: commandMs }),
  };
}
