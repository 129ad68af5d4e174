/**
 * Record headers: CloudEvents 1.0 Kafka binding (binary mode), W3C trace context, then Fanlight's own. All UTF-8 text.
 */
export const headers = {
  ceId: 'ce_id',
  ceType: 'ce_type',
  ceSource: 'ce_source',
  ceSpecVersion: 'ce_specversion',
  /** RFC 3339. */
  ceTime: 'ce_time',
  traceparent: 'traceparent',
  contentType: 'content-type',
  /** The `ce_id` of the listing-image event that all later records descend from; what the audit counts. */
  origin: 'fl-origin',
  /** Epoch milliseconds at which the listing-image event entered; kept when its record goes through a retry topic. */
  eventTime: 'fl-event-time',
  /** Who asked: a client name, for fairness and metrics. */
  client: 'fl-client',
  /** Epoch milliseconds after which no one waits for the result. */
  deadline: 'fl-deadline',
  /** The job that the image belongs to. */
  job: 'fl-job',
  /** Position of the image in its job, from 0. */
  jobItem: 'fl-job-item',
  /** What the client calls the image in its job. */
  reference: 'fl-reference',
  /** Where the client of the job wants results, as a URI. */
  callback: 'fl-callback',
  /** How often the record was tried in its present stage, retries through topics included. */
  attempt: 'fl-attempt',
  /** Epoch milliseconds before which a record on a retry topic stays there. */
  retryAt: 'fl-retry-at',
  /** The queue that a record on a retry topic returns to. */
  retryTo: 'fl-retry-to',
  /** Set on the marker that hides a replayed dead letter: `topic/partition/offset` of it. */
  replayed: 'fl-replayed',
} as const;

/** What a record hands on to all that descend from it, as its producer wrote it. */
export const carriedHeaders = [
  headers.deadline,
  headers.client,
  headers.job,
  headers.jobItem,
  headers.reference,
  headers.callback,
] as const;

/** Context of a dead letter; names after Kafka Connect's `__connect.errors.*`. */
export const errorHeaders = {
  topic: '__fanlight.errors.topic',
  partition: '__fanlight.errors.partition',
  offset: '__fanlight.errors.offset',
  stage: '__fanlight.errors.stage',
  operation: '__fanlight.errors.operation',
  code: '__fanlight.errors.code',
  message: '__fanlight.errors.message',
  remedy: '__fanlight.errors.remedy',
  attempts: '__fanlight.errors.attempts',
  stacktrace: '__fanlight.errors.stacktrace',
  /** RFC 3339. */
  time: '__fanlight.errors.time',
} as const;

export const eventTypes = {
  listingImage: 'fanlight.listing-image.v1',
  imageTask: 'fanlight.image-task.v1',
  imageTags: 'fanlight.image-tags.v1',
  job: 'fanlight.job.v1',
  jobProgress: 'fanlight.job-progress.v1',
  modelInput: 'fanlight.model-input.v1',
  modelOutput: 'fanlight.model-output.v1',
  jobResult: 'fanlight.job-result.v1',
  jobSummary: 'fanlight.job-summary.v1',
} as const;
