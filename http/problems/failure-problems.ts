import type { FailureCode } from '../../schemas/failure.js';

/** A problem type (RFC 9457). */
export interface ProblemType {
  readonly status: ProblemStatus;
  /** A short sentence that is the same for every occurrence. */
  readonly title: string;
  /** Time (s) after which a retry is reasonable (RFC 9110, 10.2.3). */
  readonly retryAfter?: number;
}

export type ProblemStatus =
  | (400 | 401 | 403 | 404 | 405 | 406 | 408 | 409 | 410 | 413 | 415 | 421 | 422 | 424 | 429 | 431)
  | (500 | 502 | 503 | 504);

/**
 * The answer to every failure that a dead letter or a dependency can report.
 *
 * - 4xx: the client must change the request. 400 for invalid fields, 403/413/415 where HTTP has a fitting status, 422
 *   when the request is valid but its image is not. A missing image is 422, because 404 means a missing route.
 * - 424: the image's host fails; the same request may succeed later. Not 502, because proxies and monitoring would
 *   attribute a 502 to the gateway.
 * - 504: the deadline passed.
 * - 503: a dependency of the gateway is down; with `Retry-After`.
 * - 500: a failure of Fanlight. Only the log has the detail.
 */
export const failureProblems = {
  'invalid-event': { status: 500, title: 'The gateway sent an invalid event' },
  'unknown-pipeline': { status: 400, title: 'The pipeline does not exist' },
  'deadline-exceeded': { status: 504, title: 'The tags were not ready before the deadline' },
  'job-cancelled': { status: 409, title: 'The job was cancelled before the image was tagged' },
  'invalid-url': { status: 400, title: 'The URL cannot be used' },
  'forbidden-address': { status: 403, title: 'The URL points to an address that may not be fetched' },
  'not-found': { status: 422, title: 'There is no image at the URL' },
  'refused-by-host': { status: 422, title: "The image's host refused the request" },
  'too-many-redirects': { status: 422, title: 'The URL redirects too often' },
  'too-large': { status: 413, title: 'The image is too large' },
  'empty-file': { status: 422, title: 'The image file is empty' },
  'host-error': { status: 424, title: "The image's host answered with an error", retryAfter: 10 },
  'host-unreachable': { status: 424, title: "The image's host could not be reached", retryAfter: 10 },
  'host-timeout': { status: 424, title: "The image's host did not answer in time", retryAfter: 10 },
  'not-an-image': { status: 422, title: 'The file is not an image' },
  'unsupported-format': { status: 415, title: 'The image format is not supported' },
  'too-many-pixels': { status: 422, title: 'The image has too many pixels' },
  'corrupt-image': { status: 422, title: 'The image file is damaged' },
  'decode-timeout': { status: 422, title: 'The image takes too long to decode' },
  'unknown-model': { status: 500, title: 'A model is missing in this deployment' },
  'invalid-card': { status: 500, title: 'A model card is invalid in this deployment' },
  'corrupt-weights': { status: 500, title: 'The weights of a model are damaged in this deployment' },
  'insufficient-memory': { status: 503, title: 'No worker has enough memory for a model', retryAfter: 5 },
  'model-failed': { status: 500, title: 'A model failed' },
  'wrong-tensor': { status: 500, title: 'A model received the wrong input' },
  'store-unavailable': { status: 503, title: 'The store of images and results cannot be reached', retryAfter: 5 },
  'sink-unavailable': { status: 503, title: 'A store cannot be reached', retryAfter: 5 },
  'sink-rejected': { status: 500, title: 'A store refused the result' },
  'claim-missing': { status: 500, title: 'A stored image is gone' },
  'invalid-callback': { status: 400, title: 'Results cannot be sent to this callback' },
  'no-webhook-secret': { status: 400, title: 'The client has no secret to sign webhooks with' },
  'callback-failed': { status: 502, title: 'The target of the callback did not accept the results' },
  'callback-refused': { status: 502, title: 'The target of the callback refused the results' },
  'endpoint-gone': { status: 502, title: 'The endpoint of the webhook is gone' },
  'not-ready': {
    status: 503,
    title: 'The gateway is starting, stopping or disconnected from its queues',
    retryAfter: 2,
  },
  skipped: { status: 500, title: 'An operator skipped the record' },
  'unexpected-error': { status: 500, title: 'Something unexpected went wrong' },
  'invalid-configuration': { status: 500, title: 'This deployment is configured wrongly' },
} as const satisfies Record<FailureCode, ProblemType>;
