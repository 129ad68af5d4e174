import { Redis } from 'ioredis';

export interface RedisConnectionOptions {
  /** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Called once at the start of an outage. */
  readonly onAway?: (error: Error) => void;
  /** Called once at the end of an outage. */
  readonly onBack?: () => void;
}

/** Timeout of a command (ms). It is short, because a request waits for the command. */
const timeoutMs = 250;

/** Connects in the background, and reconnects for ever. While there is no connection, commands fail at once. */
export function connectRedis({ url, onAway, onBack }: RedisConnectionOptions): Redis {
  const client = new Redis(url, {
    commandTimeout: timeoutMs,
    connectTimeout: 2_000,
    // Closes a connection that does not answer commands, so that the next commands fail at once.
    socketTimeout: 4 * timeoutMs,
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
