import { systemClock } from '../../primitives/clock.js';
import type { ConnectOptions } from '../outbound/guarded-connection.js';
import { resolveWithSystem } from '../outbound/name-resolution.js';
import type { HostHealthLimits } from './host-health.js';

export interface UrlFetcherOptions extends ConnectOptions {
  /** Size of the largest file (bytes), after content decoding. */
  readonly maxBytes: number;
  /** Timeout of one URL with all its redirects (ms), not counting the wait for a turn. */
  readonly totalTimeoutMs: number;
  readonly maxRedirects: number;
  /** Upper bound of fetches in flight. */
  readonly concurrency: number;
  /** Upper bound of fetches in flight for one host name, so that a host that hangs leaves turns for other hosts. */
  readonly concurrencyPerHost: number;
  /** When requests pause to a host that does not answer. */
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
