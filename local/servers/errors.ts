/** Failures of the local platform. The message is one sentence: what failed, where, and what to do. */
export type PlatformErrorCode =
  'artifact-fetch-failed' | 'artifact-build-failed' | 'machine-unfit' | 'part-start-failed' | 'process-start-failed';

export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  constructor(
    readonly code: PlatformErrorCode,
    message: string,
    /** True if the same call can succeed later without a change, such as after a network outage. */
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Returns the `code` of a Node system error (such as `ENOENT`), or undefined for any other value. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
