import { headers } from '../../schemas/headers.js';

/** Headers of every record that Fanlight writes: CloudEvents 1.0 in binary mode, and the trace of the record. */
export function eventHeaders({
  id,
  type,
  source,
  now,
  traceparent,
}: {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly traceparent: string;
}): Record<string, string> {
  return {
    [headers.ceSpecVersion]: '1.0',
    [headers.ceId]: id,
    [headers.ceType]: type,
    [headers.ceSource]: source,
    [headers.ceTime]: new Date(now).toISOString(),
    [headers.contentType]: 'application/avro',
    [headers.traceparent]: traceparent,
  };
}
