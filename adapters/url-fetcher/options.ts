import { lookup } from 'node:dns/promises';
import type { HostHealthLimits } from './host-health.js';
import { systemClock, type Clock } from '../../primitives/clock.js';

/** All addresses of a host name, textual. Rejects when there are none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export interface UrlFetcherOptions {
  /** Largest file, bytes, after any content encoding is undone. */
  readonly maxBytes: number;
  /** Name resolution, TCP and TLS together, milliseconds. */
  readonly connectTimeoutMs: number;
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
  readonly resolve: Resolve;
  readonly clock: Clock;
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

/** The system resolver (hosts file, search domains), IPv4 first because not every network routes IPv6. */
async function resolveWithSystem(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
}
