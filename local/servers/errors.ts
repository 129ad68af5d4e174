/** What can go wrong with the local platform; the message is one sentence that says what, where and what to do. */
export type PlatformErrorCode =
  'artifact-fetch-failed' | 'artifact-build-failed' | 'machine-unfit' | 'part-start-failed' | 'process-start-failed';

export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  constructor(
    readonly code: PlatformErrorCode,
    message: string,
    /** True where the same call can succeed later without anything being changed (the network was away). */
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The `code` of a Node system error (`ENOENT`), undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
