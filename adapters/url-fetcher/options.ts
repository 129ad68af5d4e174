import { systemClock } from '../../primitives/clock.js';
import type { ConnectOptions } from '../outbound/guarded-connect.js';
import { resolveWithSystem } from '../outbound/resolve.js';
import type { HostHealthLimits } from './host-health.js';

export interface UrlFetcherOptions extends ConnectOptions {
  /** Largest file, bytes, after any content encoding is undone. */
  readonly maxBytes: number;
  /** One URL with all its redirects, without the time it waits for its turn, milliseconds. */
  readonly totalTimeoutMs: number;
  readonly maxRedirects: number;
  /** URLs fetched at the same time. */
  readonly concurrency: number;
  /** URLs fetched at the same time from one host name, so that a host that hangs leaves turns for the others. */
  readonly concurrencyPerHost: number;
  /** When a host that does not answer is left alone for a while. */
  readonly hostHealth: HostHealthLimits;
  readonly userAgent: string;
  /**
   * Exceptions from "public addresses only": networks in CIDR notation, optionally with a port, such as `10.0.0.0/8` or
   * `127.0.0.1/32:8080`.
   */
  readonly allowAddresses: readonly string[];
}

export const urlFetcherDefaults: UrlFetcherOptions = {
  maxBytes: 25 * 1024 * 1024,
  connectTimeoutMs: 5_000,
  totalTimeoutMs: 15_000,
  maxRedirects: 3,
  concurrency: 64,
  concurrencyPerHost: 8,
  hostHealth: { failuresToPause: 3, pauseMs: 10_000 },
  userAgent: 'Fanlight/0.1 (listing photo tagging)',
  allowAddresses: [],
  resolve: resolveWithSystem,
  clock: systemClock,
};
