/**
 * Record headers: CloudEvents 1.0 Kafka binding (binary mode), W3C trace context, and Fanlight's own. All are UTF-8
 * text.
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
  /** The `ce_id` of the listing-image event that the record descends from. The audit counts by it. */
  origin: 'fl-origin',
  /** Time (epoch ms) at which the listing-image event entered. It survives retry topics and replays. */
  eventTime: 'fl-event-time',
  /** Name of the client that sent the request, for fairness and metrics. */
  client: 'fl-client',
  /** Time (epoch ms) after which the client no longer waits for the result. */
  deadline: 'fl-deadline',
  /** The job that the image belongs to. */
  job: 'fl-job',
  /** Position of the image in its job, from 0. */
  jobItem: 'fl-job-item',
  /** The client's own name for the image in its job. */
  reference: 'fl-reference',
  /** Destination of the job's results, as a URI. */
  callback: 'fl-callback',
  /** Number of attempts in the current stage, including those through retry topics. */
  attempt: 'fl-attempt',
  /** Time (epoch ms) until which a record stays on its retry topic. */
  retryAt: 'fl-retry-at',
  /** The queue to which a record on a retry topic returns. */
  retryTo: 'fl-retry-to',
  /** Proof that Fanlight wrote the internal headers of an event that enters, or enters again (hex digits). */
  seal: 'fl-seal',
  /** Set on the marker that hides a replayed dead letter. Value: `topic/partition/offset` of the dead letter. */
  replayed: 'fl-replayed',
} as const;

/** Headers that all descendants of a record copy unchanged. */
export const carriedHeaders = [
  headers.deadline,
  headers.client,
  headers.job,
  headers.jobItem,
  headers.reference,
  headers.callback,
] as const;

/** Headers that Fanlight reads. Their values have to be UTF-8 text; other headers can have any bytes. */
export const readHeaders: ReadonlySet<string> = new Set(Object.values(headers));

/** Headers that make an image part of a job. */
export const jobHeaders = [headers.job, headers.jobItem, headers.reference, headers.callback] as const;

/** Internal headers of an event, which only Fanlight may set: it states them under a seal. */
export const sealedHeaders = [headers.origin, headers.eventTime, headers.attempt, ...jobHeaders] as const;

/** Context of a dead letter. The names follow Kafka Connect's `__connect.errors.*`. */
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

/** Only on a dead letter whose value was too large for its topic. Such a letter has no value. */
export const omittedHeaders = {
  /** Size of the omitted value (bytes). */
  bytes: '__fanlight.omitted.bytes',
  /** SHA-256 of the omitted value, in hex. */
  sha256: '__fanlight.omitted.sha256',
  /** `topic/partition/offset` of the record with the value. It exists as long as its topic retains it. */
  from: '__fanlight.omitted.from',
} as const;

/** Only on a dead letter for records that could not be decoded. Its value is their batch, as it was fetched. */
export const batchHeaders = {
  /** First offset that could not be read. */
  firstOffset: '__fanlight.batch.first-offset',
  /** Last offset that could not be read. */
  lastOffset: '__fanlight.batch.last-offset',
  /** Size of the batch (bytes). */
  bytes: '__fanlight.batch.bytes',
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
