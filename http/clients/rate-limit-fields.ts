import type { Client } from './client.js';
import type { Standing } from './limiter.js';

/** Names of the limits in fields and problems. */
export type ClientLimitName = 'requests' | 'concurrency' | 'images';

/**
 * `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10, 3): all limits of a client; undefined when it has none.
 * `q` is the quota, `w` the window (s), `qu` the unit.
 */
export function rateLimitPolicy({ limits: { rate, concurrency, imagesPerDay } }: Client): string | undefined {
  const items = [
    ...(rate === null ? [] : [`"requests";q=${rate.burst};w=${Math.ceil(rate.burst / rate.perSecond)}`]),
    ...(concurrency === null ? [] : [`"concurrency";q=${concurrency};qu="concurrent-requests"`]),
    ...(imagesPerDay === null ? [] : [`"images";q=${imagesPerDay};w=86400;qu="images"`]),
  ];
  return items.length === 0 ? undefined : items.join(', ');
}

/** One member of `RateLimit` (same draft, 4): `r` is the remaining quota, `t` the time until there is more (s). */
export function rateLimit(name: ClientLimitName, { remaining, waitMs }: Standing): string {
  return `"${name}";r=${remaining};t=${wholeSeconds(waitMs)}`;
}

export function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
