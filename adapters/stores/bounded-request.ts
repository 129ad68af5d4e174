/**
 * Sends a request with a signal that aborts after `timeoutMs`, or when `signal` aborts. Sends nothing if `signal` is
 * aborted already, and rejects with its reason. Unlike `AbortSignal.any`, it
 * leaves nothing behind on a signal that outlives many requests.
 */
export async function boundedRequest<Answer>(
  timeoutMs: number,
  signal: AbortSignal | undefined,
  send: (bound: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  signal?.throwIfAborted();
  const bound = new AbortController();
  const onAbort = () => bound.abort(signal?.reason);
  const timer = setTimeout(() => bound.abort(new DOMException('the request timed out', 'TimeoutError')), timeoutMs);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await send(bound.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
