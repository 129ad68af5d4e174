import { Redis } from 'ioredis';

export interface RedisConnectionOptions {
  /** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Told once an outage, and once when it is over. */
  readonly onAway?: (error: Error) => void;
  readonly onBack?: () => void;
}

/** A command that takes longer is given up, milliseconds: a request waits for it. */
const timeoutMs = 250;

/** Connects in the background and for ever; while it is not connected, commands fail at once. */
export function connectRedis({ url, onAway, onBack }: RedisConnectionOptions): Redis {
  const client = new Redis(url, {
    commandTimeout: timeoutMs,
    connectTimeout: 2_000,
    // Breaks a connection that swallows commands, so that the next ones fail at once.
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
