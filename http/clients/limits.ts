import type { RateLimit } from './client.js';

/** How a limit stands after it was asked. */
export interface Standing {
  readonly granted: boolean;
  /** What may be asked for now. */
  readonly remaining: number;
  /** Milliseconds until a refused request would be granted; after a granted one, until the limit is whole again. */
  readonly waitMs: number;
}

/** Kinds of places. A client has places of its own for each kind. */
export type PlaceKind = 'requests' | 'streams';

/** A place among the requests in flight, or among the open event streams. */
export interface Place extends Standing {
  /** Gives the place back; a place that was not granted has nothing to give. */
  release(): void;
}

/**
 * Counts for all gateways. Never rejects: while the common store is away, each gateway counts for itself.
 * `client` is the name.
 */
export interface Limits {
  takeRequest(client: string, limit: RateLimit): Promise<Standing>;
  /** Takes one of `most` places, for as long as it is not released. @param kind default: `requests` */
  takePlace(client: string, most: number, kind?: PlaceKind): Promise<Place>;
  takeImages(client: string, imagesPerDay: number, count: number): Promise<Standing>;
}
