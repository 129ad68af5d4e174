/** An endpoint that answered 410: it gets nothing any more until somebody enables it. */
export interface DisabledEndpoint {
  readonly url: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** Whose delivery it was. */
  readonly client: string;
}

/** A secret by which deliveries to a client are signed. */
export interface WebhookSecret {
  /** `whsec_` and base64. */
  readonly secret: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** When it stops to sign, epoch milliseconds; null: not before another takes its place. */
  readonly expiresAt: number | null;
}

/** Where clients without a key have their secrets. */
export const anyone = 'anyone';

/** What is known of webhooks. Everything throws `store-unavailable` (transient) when the store cannot be reached. */
export interface WebhookStore {
  /** Those that were not removed, the newest first; expired ones may be among them. */
  secrets(client: string): Promise<readonly WebhookSecret[]>;
  putSecrets(client: string, secrets: readonly WebhookSecret[]): Promise<void>;
  disabled(): Promise<readonly DisabledEndpoint[]>;
  isDisabled(url: string): Promise<DisabledEndpoint | undefined>;
  disable(endpoint: DisabledEndpoint): Promise<void>;
  /** Whether it was disabled. */
  enable(url: string): Promise<boolean>;
}
