/** Error codes of the local platform. The message of an error says what failed, where, and what to do. */
export type PlatformErrorCode =
  'artifact-fetch-failed' | 'artifact-build-failed' | 'machine-unfit' | 'part-start-failed' | 'process-start-failed';

export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  constructor(
    readonly code: PlatformErrorCode,
    message: string,
    /** True if the same call can succeed later without any change, for example after a network outage. */
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Returns the `code` of a Node system error (`ENOENT`); undefined for any other error. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
