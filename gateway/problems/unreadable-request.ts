import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { ProblemOptions } from './problem.js';
import { ProblemError, problemOf } from './problem.js';

const malformed: ProblemOptions = {
  code: 'malformed-request',
  detail: 'The request can not be read as HTTP.',
  remedy: 'Send HTTP/1.1 with a Host header.',
};

/** By the code of Node's `clientError`. */
const byErrorCode: Readonly<Record<string, ProblemOptions>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    code: 'request-timeout',
    detail: 'The request was not complete in time.',
    remedy: 'Send the request without pauses, or a smaller image.',
  },
  HPE_HEADER_OVERFLOW: {
    code: 'headers-too-large',
    detail: 'The header fields are larger than 16 KiB.',
    remedy: 'Send fewer or shorter header fields.',
  },
};

interface UnreadableAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer to what could not be read as a request, so that no middleware saw it. */
export function unreadableRequest(errorCode = ''): UnreadableAnswer {
  const requestId = randomUUID();
  const { problem } = problemOf(new ProblemError(byErrorCode[errorCode] ?? malformed), requestId);
  return {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', 'x-request-id': requestId, connection: 'close' },
    body: JSON.stringify(problem),
  };
}

/** The same as bytes for a socket that has no response object. */
export function unreadableRequestText(errorCode?: string): string {
  const { status, headers, body } = unreadableRequest(errorCode);
  const fields = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) });
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
