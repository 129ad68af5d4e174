/** W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/): a trace and one span in it. */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** `00-<trace id>-<span id>-<flags>` */
  readonly traceparent: string;
}

/** Returns `digits` random lower-case hex digits. */
export type RandomHex = (digits: number) => string;

// Version ff is invalid. Versions above 00 may append further fields after a dash (section 4.3).
const pattern = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;

/** Creates a span in the incoming trace. Without a valid `traceparent`, it starts a new, sampled trace. */
export function continueTrace(traceparent: string | undefined, randomHex: RandomHex): TraceContext {
  const incoming = parse(traceparent);
  const traceId = incoming?.traceId ?? randomHex(32);
  const spanId = randomHex(16);
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-0${incoming?.sampled ?? 1}` };
}

/** Returns the trace id of a valid `traceparent`, else undefined. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return parse(traceparent)?.traceId;
}

function parse(traceparent = ''): { readonly traceId: string; readonly sampled: number } | undefined {
  const [, version, traceId, flags, more] = pattern.exec(traceparent) ?? [];
  if (traceId === undefined || flags === undefined || (version === '00' && more !== undefined)) return undefined;
  // Only the sampled bit is defined in version 00; the others must be sent as zero.
  return { traceId, sampled: Number.parseInt(flags, 16) & 1 };
}
