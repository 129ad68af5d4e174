import type { AnswerBounds } from './answer-bounds.js';
import type { PackedBody } from './pack-body.js';

/** An answer that the gateway gives again to a client that repeats the request. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: PackedBody;
  /** Digest of the body of the request; null where it is not known. */
  readonly requestDigest: string | null;
}

/**
 * The right to carry out the request of a key, held while its lease lasts. A former owner, whose lease ended, changes
 * nothing: each call is then without effect. All calls reject when the store cannot be reached or is full.
 */
export interface Claim {
  /** Begins the lease anew. */
  renew(): Promise<void>;
  /** Keeps the answer as far as the bounds allow, else releases the key. */
  finish(answer: KeptAnswer): Promise<void>;
  /** Releases the key, so that a repetition is carried out. */
  abandon(why: 'failed' | 'too-large'): Promise<void>;
}

/**
 * `begun`: the caller owns the key and carries the request out. `busy`: another request has the key and is under way.
 * `other`: the key belongs to another request. `full`: requests under way fill the share, and no answer can make room.
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
   * @param client name of the client; empty where the gateway asks for no API key
   * @param fingerprint the same for the same request
   */
  begin(client: string, key: string, fingerprint: string): Promise<Beginning>;
}
