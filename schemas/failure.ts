/**
 * Every failure code. Codes are public: dead letters, problem details and metrics contain them. So codes are added, but
 * never renamed.
 *
 * - `transient`: the same call may succeed later (timeout, 503). The worker retries it.
 * - `permanent`: this record can never succeed (404, not an image). It becomes a dead letter.
 * - `fatal`: the deployment is broken (model missing, disk full). The worker stops and commits nothing.
 */
export const failureKinds = {
  // the request
  'invalid-event': 'permanent',
  'unknown-pipeline': 'permanent',
  'deadline-exceeded': 'permanent',
  'job-cancelled': 'permanent',
  // fetching
  'invalid-url': 'permanent',
  'forbidden-address': 'permanent',
  'not-found': 'permanent',
  'refused-by-host': 'permanent',
  'too-many-redirects': 'permanent',
  'too-large': 'permanent',
  'empty-file': 'permanent',
  'host-error': 'transient',
  'host-unreachable': 'transient',
  'host-timeout': 'transient',
  // decoding
  'not-an-image': 'permanent',
  'unsupported-format': 'permanent',
  'too-many-pixels': 'permanent',
  'corrupt-image': 'permanent',
  'decode-timeout': 'permanent',
  // models
  'unknown-model': 'fatal',
  'invalid-card': 'fatal',
  'corrupt-weights': 'fatal',
  'model-failed': 'fatal',
  'insufficient-memory': 'fatal',
  'wrong-tensor': 'permanent',
  // dependencies
  'store-unavailable': 'transient',
  'sink-unavailable': 'transient',
  'sink-rejected': 'permanent',
  'claim-missing': 'permanent',
  // callbacks
  'invalid-callback': 'permanent',
  'no-webhook-secret': 'permanent',
  'callback-failed': 'transient',
  'callback-refused': 'permanent',
  'endpoint-gone': 'permanent',
  // Fanlight itself
  'not-ready': 'transient',
  skipped: 'permanent',
  'unexpected-error': 'transient',
  'invalid-configuration': 'fatal',
} as const satisfies Record<string, FailureKind>;

export type FailureKind = 'transient' | 'permanent' | 'fatal';
export type FailureCode = keyof typeof failureKinds;

export interface FailureOptions {
  readonly code: FailureCode;
  /** One sentence: what went wrong, and where. */
  readonly message: string;
  /** One sentence: what the reader can do. */
  readonly remedy: string;
  /** Overrides the usual kind of the code, such as a 404 from a store that is otherwise transient. */
  readonly kind?: FailureKind;
  /** Delay before a retry that the remote side requested (ms). */
  readonly retryAfterMs?: number | undefined;
  /** Name of the operation that failed. */
  readonly operation?: string;
  readonly cause?: unknown;
}

/** An expected failure. Any other error is a defect and handled as `unexpected-error`. */
export class FanlightError extends Error {
  override readonly name = 'FanlightError';
  readonly code: FailureCode;
  readonly kind: FailureKind;
  readonly remedy: string;
  readonly retryAfterMs: number | undefined;
  /** Name of the operation that failed; undefined for failures outside of operations. */
  readonly operation: string | undefined;

  constructor(options: FailureOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.kind = options.kind ?? failureKinds[options.code];
    this.remedy = options.remedy;
    this.retryAfterMs = options.retryAfterMs;
    this.operation = options.operation;
  }

  get retryable(): boolean {
    return this.kind === 'transient';
  }

  /** Returns the same failure with the name of the operation. A copy: the records of one batch share the original. */
  failedIn(operation: string): FanlightError {
    const { code, message, remedy, kind, retryAfterMs, cause, stack } = this;
    const failure = new FanlightError({ code, message, remedy, kind, retryAfterMs, operation, cause });
    if (stack !== undefined) failure.stack = stack;
    return failure;
  }
}

/** The failure of an image that is skipped because its job was cancelled. */
export function jobCancelled(): FanlightError {
  return new FanlightError({
    code: 'job-cancelled',
    message: 'The job was cancelled before the image was tagged.',
    remedy: 'Send the image again in another job.',
  });
}

export function asFanlightError(thrown: unknown): FanlightError {
  if (thrown instanceof FanlightError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new FanlightError({
    code: 'unexpected-error',
    message: `Unexpected error: ${message}`,
    remedy: 'This is a defect in Fanlight; report it with the stack trace of the dead letter.',
    cause: thrown,
  });
}
