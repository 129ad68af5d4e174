import type { RateLimit } from './client.js';

/** The state of a limit after a request. */
export interface Standing {
  readonly granted: boolean;
  /** The amount that is left. */
  readonly remaining: number;
  /** Time (ms) until a refused request would be granted; after a granted one, until the full limit is available. */
  readonly waitMs: number;
}

/** Kinds of places. A client has separate places for each kind. */
export type PlaceKind = 'requests' | 'streams';

/** A place among the requests in flight, or among the open event streams. */
export interface Place extends Standing {
  /** Releases the place. Without effect for a place that was not granted. */
  release(): void;
}

/**
 * Limits over all gateways. Never rejects: while the shared store is unreachable, each gateway counts for itself.
 * `client` is the client's name.
 */
export interface Limits {
  takeRequest(client: string, limit: RateLimit): Promise<Standing>;
  /** Takes one of `most` places until it is released. @param kind default: `requests` */
  takePlace(client: string, most: number, kind?: PlaceKind): Promise<Place>;
  takeImages(client: string, imagesPerDay: number, count: number): Promise<Standing>;
}
