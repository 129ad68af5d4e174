import type { JobPart, JobResult, JobSummary } from '../../schemas/jobs.js';

interface OfJob {
  /** The same however often it is delivered. */
  readonly id: string;
  readonly job: string;
  /** Null where no key was asked for. */
  readonly client: string | null;
  /** When it was announced, epoch milliseconds. */
  readonly at: number;
}

/** Results of a job, 200 at most. */
export interface ResultsDelivery extends OfJob {
  readonly kind: 'results';
  readonly part: JobPart;
  readonly results: readonly JobResult[];
}

/** How a job ended; the last of its deliveries. */
export interface FinishedDelivery extends OfJob {
  readonly kind: 'finished';
  readonly summary: JobSummary;
}

export type Delivery = ResultsDelivery | FinishedDelivery;

/** What a callback URI names. */
export interface CallbackTarget {
  /** Name in `callbackKinds`. */
  readonly kind: string;
  /** What works or fails as one, and has its own circuit. */
  readonly endpoint: string;
  /** Where exactly, in the words of the kind: a topic, the URL of a queue, bucket and prefix, a URL. */
  readonly place: string;
}

/** Delivers to the targets of one kind, at least once: a delivery that is repeated has the same ids. */
export interface Callback {
  /**
   * Resolves when the target has all of it. Throws `callback-failed` (transient) where another try may help; then part
   * of it may have been delivered. Throws a permanent failure where none can.
   */
  deliver(target: CallbackTarget, delivery: Delivery, signal: AbortSignal): Promise<void>;
  /** Gives back connections. */
  close(): Promise<void>;
}

/** All kinds. */
export interface Callbacks extends Callback {
  /** Throws `invalid-callback`. */
  parse(uri: string): CallbackTarget;
}
