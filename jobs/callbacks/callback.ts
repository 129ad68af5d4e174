import type { JobPart, JobResult, JobSummary } from '../../schemas/jobs.js';

interface AnyDelivery {
  /** Stable across repeated deliveries. */
  readonly id: string;
  readonly job: string;
  /** Name of the client that created the job; null when the gateway needs no API key. */
  readonly client: string | null;
  /** Time of the record on `job-progress` (epoch ms). */
  readonly at: number;
}

/** Results of a job, at most `partSize`. */
export interface ResultsDelivery extends AnyDelivery {
  readonly kind: 'results';
  readonly part: JobPart;
  readonly results: readonly JobResult[];
}

/** The summary of a job, which is its last delivery. */
export interface FinishedDelivery extends AnyDelivery {
  readonly kind: 'finished';
  readonly summary: JobSummary;
}

export type Delivery = ResultsDelivery | FinishedDelivery;

/** The target that a callback URI names. */
export interface CallbackTarget {
  /** Name in `callbackKinds`. */
  readonly kind: string;
  /** Unit of failure: targets with the same endpoint share one circuit. */
  readonly endpoint: string;
  /** Address within the kind: a topic, the URL of a queue, `bucket/prefix`, or a URL. */
  readonly place: string;
}

/** Delivers to the targets of one kind, at least once. A repeated delivery has the same ids. */
export interface Callback {
  /**
   * Resolves once the target has the whole delivery. Throws `callback-failed` (transient) when a retry may help; the
   * target may then have a part of the delivery. Throws a permanent failure when no retry can help.
   */
  deliver(target: CallbackTarget, delivery: Delivery, signal: AbortSignal): Promise<void>;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** Delivers to the targets of all kinds. */
export interface Callbacks extends Callback {
  /** Throws `invalid-callback`. */
  parse(uri: string): CallbackTarget;
}
