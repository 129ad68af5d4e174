import type { RateLimit } from './client.js';

/** How a limit stands after it was asked. */
export interface Standing {
  readonly granted: boolean;
  /** What may be asked for now. */
  readonly remaining: number;
  /** Milliseconds until a refused request would be granted; after a granted one, until the limit is whole again. */
  readonly waitMs: number;
}

/** A place among the requests in flight. */
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
  takePlace(client: string, concurrency: number): Promise<Place>;
  takeImages(client: string, imagesPerDay: number, count: number): Promise<Standing>;
}
