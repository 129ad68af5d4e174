import type { AnswerBounds } from './answer-bounds.js';
import type { PackedBody } from './packed-body.js';

/** An answer that the gateway sends again to a client that repeats the request. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: PackedBody;
  /** Digest of the body of the request; null when unknown. */
  readonly requestDigest: string | null;
}

/**
 * The right to carry out the request of a key, held while its lease lasts. After the lease has expired, calls of the
 * former owner have no effect. All calls reject when the store cannot be reached or is full.
 */
export interface Claim {
  /** Renews the lease. */
  renew(): Promise<void>;
  /** Keeps the answer if the bounds allow it, otherwise releases the key. */
  finish(answer: KeptAnswer): Promise<void>;
  /** Releases the key, so that the gateway carries out a repetition. */
  abandon(why: 'failed' | 'too-large'): Promise<void>;
}

/**
 * `begun`: the caller owns the key and carries out the request. `busy`: a request with the key is in flight. `other`:
 * the key belongs to a different request. `full`: requests in flight fill the client's share, and no answer can be
 * evicted.
 */
export type Beginning =
  | { readonly kind: 'begun'; readonly claim: Claim }
  | { readonly kind: 'busy' }
  | { readonly kind: 'other' }
  | { readonly kind: 'full' }
  | { readonly kind: 'done'; readonly answer: KeptAnswer };

/** Answers by the keys of clients, shared by all gateways. */
export interface KeptAnswers {
  readonly bounds: AnswerBounds;
  /**
   * Rejects when the store cannot be reached.
   * @param client name of the client; empty when the gateway needs no API key
   * @param fingerprint equal for equal requests
   */
  begin(client: string, key: string, fingerprint: string): Promise<Beginning>;
}
