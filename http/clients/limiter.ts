import type { RateLimit } from './client.js';

/** The state of a limit after a request. */
export interface Standing {
  readonly granted: boolean;
  /** The amount that is left. */
  readonly remaining: number;
  /** Time (ms) until a refused request would be granted; after a granted one, until the full limit is available. */
  readonly waitMs: number;
}

/** Kinds of slots. A client has separate slots for each kind. */
export type SlotKind = 'requests' | 'streams';

/** A slot among the requests in flight, or among the open event streams. */
export interface Slot extends Standing {
  /** Releases the slot. Without effect for a slot that was not granted. */
  release(): void;
}

/**
 * Limits over all gateways. Never rejects: while the shared store is unreachable, each gateway counts for itself.
 * `client` is the client's name.
 */
export interface ClientLimiter {
  takeRequest(client: string, limit: RateLimit): Promise<Standing>;
  /** Takes one of `most` slots until it is released. @param kind default: `requests` */
  takeSlot(client: string, most: number, kind?: SlotKind): Promise<Slot>;
  takeImages(client: string, imagesPerDay: number, count: number): Promise<Standing>;
}
