/** An endpoint that answered 410. It gets no deliveries until an operator enables it. */
export interface DisabledEndpoint {
  readonly url: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** The client whose delivery was answered by 410. */
  readonly client: string;
}

/** A secret that signs the deliveries to a client. */
export interface WebhookSecret {
  /** `whsec_` followed by base64. */
  readonly secret: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Time after which it no longer signs (epoch ms); null until another secret replaces it. */
  readonly expiresAt: number | null;
}

/** Name under which the secrets of jobs without a client are kept. */
export const anyone = 'anyone';

/** Secrets and disabled endpoints. All methods throw `store-unavailable` (transient) when the store is unreachable. */
export interface WebhookStore {
  /** Returns the secrets of a client, newest first. They may include expired ones. */
  secrets(client: string): Promise<readonly WebhookSecret[]>;
  putSecrets(client: string, secrets: readonly WebhookSecret[]): Promise<void>;
  disabled(): Promise<readonly DisabledEndpoint[]>;
  /** Returns the endpoint if it is disabled. */
  isDisabled(url: string): Promise<DisabledEndpoint | undefined>;
  disable(endpoint: DisabledEndpoint): Promise<void>;
  /** Returns whether the endpoint was disabled. */
  enable(url: string): Promise<boolean>;
}
