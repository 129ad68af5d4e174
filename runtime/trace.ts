/** W3C Trace Context, level 1: `00-<trace id, 32 hex>-<parent id, 16 hex>-<flags>`. */
const pattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The `traceparent` of a step: the incoming trace with a new parent id, or a new trace when there is none.
 *
 * @param randomHex gives that many random lower-case hex digits
 */
export function childTrace(incoming: string | undefined, randomHex: (digits: number) => string): string {
  if (incoming === undefined || !pattern.test(incoming)) return `00-${randomHex(32)}-${randomHex(16)}-01`;
  return `${incoming.slice(0, 36)}${randomHex(16)}${incoming.slice(52)}`;
}

export function traceId(traceparent: string | undefined): string | undefined {
  return traceparent !== undefined && pattern.test(traceparent) ? traceparent.slice(3, 35) : undefined;
}
