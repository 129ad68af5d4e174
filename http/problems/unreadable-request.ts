import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { ProblemOptions } from './problem.js';
import { ProblemError, problemOf } from './problem.js';

const malformed: ProblemOptions = {
  code: 'malformed-request',
  detail: 'The request cannot be read as HTTP.',
  remedy: 'Send HTTP/1.1 with a Host header.',
};

/** Error code of Node's `clientError` → problem. */
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

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The answer to input that could not be read as a request, so that no middleware saw it.
 *
 * @param errorCode code of Node's `clientError`
 */
export function unreadableRequest(errorCode = ''): RawAnswer {
  return rawAnswer(byErrorCode[errorCode] ?? malformed);
}

/** The same answer as text, for a socket without a response object. */
export function unreadableRequestText(errorCode?: string): string {
  return textOf(unreadableRequest(errorCode));
}

/** An answer as text, for a connection whose requests are not read. The caller closes the connection after it. */
export function rawAnswerText(problem: ProblemOptions): string {
  return textOf(rawAnswer(problem));
}

function rawAnswer(options: ProblemOptions): RawAnswer {
  const requestId = randomUUID();
  const { problem, headers } = problemOf(new ProblemError(options), requestId);
  return {
    status: problem.status,
    headers: { ...headers, 'content-type': 'application/problem+json', 'x-request-id': requestId, connection: 'close' },
    body: JSON.stringify(problem),
  };
}

function textOf({ status, headers, body }: RawAnswer): string {
  const fields = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...fields.map(([name, value]) => `${name}: ${value}`),
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
