/** An answer that is given again to whoever repeats the request. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
  /** Digest of the body of the request; null where it is not known. */
  readonly requestDigest: string | null;
}

/** `begun`: nobody has asked this yet, and the caller may go on. `busy`: somebody is at it. `other`: the key belongs to another request. */
export type Beginning = { readonly kind: 'begun' | 'busy' | 'other' } | { readonly kind: 'done'; readonly answer: KeptAnswer };

/** Answers by the keys of clients, shared by all gateways. All reject when they can not be reached. */
export interface KeptAnswers {
  /**
   * @param fingerprint the same for the same request
   * @param leaseMs how long the caller is believed to be at it unless it says so again
   */
  begin(key: string, fingerprint: string, leaseMs: number): Promise<Beginning>;
  renew(key: string, leaseMs: number): Promise<void>;
  finish(key: string, fingerprint: string, answer: KeptAnswer, keepMs: number): Promise<void>;
  /** The request may be made again. */
  abandon(key: string): Promise<void>;
}
