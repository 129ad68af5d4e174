import type { IncomingHttpHeaders } from 'node:http';
import { FanlightError } from '../../../schemas/failure.js';
import { failed, refused } from '../failures.js';

interface Answer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

/** Statuses below 500 that are transient failures. */
const transientStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

/** Returns the failure of an answer; undefined for 2xx. The caller handles status 410. */
export function answerFailure(
  host: string,
  { statusCode: status, headers }: Answer,
  now: number,
): FanlightError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const why = `it answered with status ${status}`;
  if (status >= 500 || transientStatuses.has(status)) return failed(host, why, { ...retryAfter(headers, now) });
  if (status >= 300 && status < 400) return refused(host, `${why}, and redirects are not followed`);
  return refused(host, why);
}

/** Parses `Retry-After` (RFC 9110, 10.2.3): seconds, or a date. */
function retryAfter(headers: IncomingHttpHeaders, now: number): { retryAfterMs?: number } {
  const text = headers['retry-after']?.trim() ?? '';
  const waitMs = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return waitMs > 0 ? { retryAfterMs: waitMs } : {};
}

export function endpointGone(host: string): FanlightError {
  return new FanlightError({
    code: 'endpoint-gone',
    message: `${host} answered that the endpoint is gone (status 410), so the endpoint was disabled.`,
    remedy: 'When the endpoint is back, run `fanlight webhooks enable URL`, then replay the dead letters.',
  });
}

export function noSecret(client: string): FanlightError {
  return new FanlightError({
    code: 'no-webhook-secret',
    message: `The client ${client} has no secret to sign webhooks with.`,
    remedy: `Create one with \`fanlight webhooks secret ${client}\`, then replay the dead letter.`,
  });
}
