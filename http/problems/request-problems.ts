import type { ProblemType } from './failure-problems.js';

/** Problems that only the gateway reports. */
export const requestProblems = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'malformed-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-request': { status: 400, title: 'The request has fields that are missing, unknown or out of range' },
  unauthorized: { status: 401, title: 'The request has no valid API key' },
  'missing-scope': { status: 403, title: 'The API key may not be used for this' },
  'forbidden-origin': { status: 403, title: 'Pages of this origin may not send such requests' },
  'unavailable-models': { status: 400, title: 'No pipeline runs these models' },
  'models-not-served': { status: 409, title: 'Other versions of the models answered' },
  'line-too-long': { status: 413, title: 'A line of the body is too long' },
  'invalid-cursor': { status: 400, title: 'The cursor does not belong to this job' },
  'invalid-idempotency-key': { status: 400, title: 'The Idempotency-Key cannot be used' },
  'idempotency-conflict': {
    status: 409,
    title: 'A request with this Idempotency-Key is being carried out',
    retryAfter: 1,
  },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key belongs to another request' },
  'no-such-job': { status: 404, title: 'The job does not exist' },
  'results-gone': { status: 410, title: 'The results of the job are no longer kept' },
  'no-such-model': { status: 404, title: 'The model or its version does not exist' },
  'no-such-route': { status: 404, title: 'There is no route at this path' },
  'method-not-allowed': { status: 405, title: 'The path does not support this method' },
  'not-acceptable': { status: 406, title: 'The answer is not available in a media type that the request accepts' },
  'unsupported-media-type': { status: 415, title: 'The body has a media type or encoding that is not supported' },
  'misdirected-request': { status: 421, title: 'The gateway does not answer for this host' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'rate-limit-exceeded': { status: 429, title: 'The client exceeds its limit of requests per second' },
  'concurrency-limit-exceeded': { status: 429, title: 'The client exceeds its limit of requests in flight' },
  'daily-quota-exceeded': { status: 429, title: 'The client exceeds its limit of images per day' },
  'headers-too-large': { status: 431, title: 'The header fields of the request are too large' },
  overloaded: { status: 503, title: 'The gateway is overloaded', retryAfter: 1 },
  'jobs-unavailable': { status: 503, title: 'The state of jobs cannot be read', retryAfter: 2 },
  'idempotency-unavailable': { status: 503, title: 'Idempotency-Keys cannot be honoured', retryAfter: 2 },
  'keys-unavailable': { status: 503, title: 'API keys cannot be checked', retryAfter: 2 },
} as const satisfies Record<string, ProblemType>;

/** `not-ready` is a failure that the gateway also detects by itself. */
export type RequestProblemCode = keyof typeof requestProblems | 'not-ready';
