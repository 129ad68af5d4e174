import type { RandomBytes } from './ports.js';

/** W3C Trace Context, level 1 (https://www.w3.org/TR/trace-context-1/): the trace and the gateway's span in it. */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** `00-<trace id>-<span id>-<flags>` */
  readonly traceparent: string;
}

// Version ff is invalid; versions above 00 may carry more behind a dash (section 4.3).
const pattern = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Continues the caller's trace; starts one, sampled, when the header is missing or invalid. */
export function continueTrace(header: string | undefined, randomBytes: RandomBytes): TraceContext {
  const [, version, callerTraceId, flags, more] = pattern.exec(header ?? '') ?? [];
  const valid = callerTraceId !== undefined && flags !== undefined && (version !== '00' || more === undefined);
  const traceId = valid ? callerTraceId : hex(randomBytes(16));
  // Only the sampled bit is defined in version 00; the others must be sent as zero.
  const sampled = valid ? Number.parseInt(flags, 16) & 1 : 1;
  const spanId = hex(randomBytes(8));
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-0${sampled}` };
}
