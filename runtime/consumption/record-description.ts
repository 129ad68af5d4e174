import { traceIdOf } from '../../primitives/trace-context.js';
import { headers } from '../../schemas/headers.js';
import type { Message } from '../records/message.js';
import { originOf } from '../records/origin.js';

/** Log fields that identify a record. */
export function describeRecord(message: Message) {
  return { trace_id: traceIdOf(message.headers[headers.traceparent]), origin: originOf(message) };
}
