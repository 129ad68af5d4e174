import { defaultConnectionLimits } from '../http/connection-limits.js';
import { defaultAnswerBounds } from './idempotency/answer-bounds.js';
import { defaultStreamBounds } from './jobs/stream-bounds.js';
import type { ProblemCode } from '../http/problems/problem.js';

/** One bound of a gateway: the bounded quantity, and the answer to a client that exceeds it. */
export interface Bound {
  readonly value: number;
  readonly unit: 'bytes' | 'ms' | 'count';
  readonly about: string;
  /** The problem that the gateway answers with; a text where the bound has no problem. */
  readonly beyond: ProblemCode | { readonly text: string };
}

const KiB = 1024;
const MiB = 1024 * KiB;
const second = 1_000;
const hour = 3_600 * second;

const bytes = (value: number, about: string, beyond: Bound['beyond']): Bound => ({
  value,
  unit: 'bytes',
  about,
  beyond,
});
const time = (value: number, about: string, beyond: Bound['beyond']): Bound => ({ value, unit: 'ms', about, beyond });
const count = (value: number, about: string, beyond: Bound['beyond']): Bound => ({
  value,
  unit: 'count',
  about,
  beyond,
});
const notKept = { text: 'The gateway carries out a repeated request again.' };
const closed = { text: 'The gateway closes the connection.' };

/**
 * Every bound on what a request may ask for, and on the resources that it may take. `FANLIGHT_GATEWAY_LIMITS` changes
 * them by name; docs/gateway.md has the table.
 */
export const bounds = {
  imageBytes: bytes(25 * MiB, 'An image file.', 'too-large'),
  inlineBytes: bytes(MiB, 'An image that travels in its event.', {
    text: 'The gateway puts the image into the image store.',
  }),
  jsonBytes: bytes(128 * KiB, 'The JSON of `POST /v1/tags`.', 'too-large'),
  images: count(16, 'Images by URL in `POST /v1/tags`; also the models that it names.', 'invalid-request'),
  urlLength: count(4_096, 'Characters of a URL.', 'invalid-request'),
  idLength: count(256, 'Characters of an id or a name.', 'invalid-request'),
  jobJsonBytes: bytes(8 * MiB, 'The JSON of `POST /v1/jobs`.', 'too-large'),
  jobImages: count(10_000, 'Images in that JSON; the number of lines has no bound.', 'invalid-request'),
  jobLineBytes: bytes(16 * KiB, 'One image of a job: a line, or an element of `images`.', 'line-too-long'),
  blankLines: count(1_000, 'Blank lines of a job beyond half of all its lines.', 'invalid-request'),
  inferenceBytes: bytes(64 * MiB, 'An inference request (`/v2`), decompressed.', 'too-large'),
  inferenceJsonBytes: bytes(
    64 * KiB,
    'The JSON of an inference request without the values of its tensors.',
    'malformed-json',
  ),
  inputs: count(
    64,
    'Inputs of an inference request; also its outputs. The model bounds the number of values.',
    'invalid-request',
  ),
  numberBytes: bytes(KiB, 'The text of one number in an inference request.', 'malformed-json'),
  bodyMs: time(60 * second, 'The time to send a body. Lines of a job have bounds of their own.', 'request-timeout'),
  bodyBytesPerSecond: bytes(500, 'The lowest average rate of a body (bytes per second).', 'request-timeout'),
  bodyGraceMs: time(5 * second, 'The time before that rate applies.', 'request-timeout'),
  jobIdleMs: time(60 * second, 'The pause between two lines of a job.', 'request-timeout'),
  jobMs: time(
    6 * hour,
    'The time to send all lines of a job; the time that the queues take does not count.',
    'request-timeout',
  ),
  bodyMemoryBytes: bytes(
    32 * MiB,
    'Memory for the bodies of all requests: a sixth of the heap. The client that holds most is refused.',
    'overloaded',
  ),
  jobStreamBytes: bytes(512 * KiB, 'The share of that memory for a job whose lines arrive.', 'overloaded'),
  connections: count(
    defaultConnectionLimits.connections,
    'Open connections. The gateway closes an idle one to make room, then one that sends its request slowly.',
    'overloaded',
  ),
  pipelinedRequests: count(
    defaultConnectionLimits.pipelinedRequests,
    'Requests of one connection without an answer.',
    closed,
  ),
  idleConnectionMs: time(
    defaultConnectionLimits.idleConnectionMs,
    'The time that a connection may stay open without a request.',
    closed,
  ),
  answerIdleMs: time(
    defaultConnectionLimits.answerIdleMs,
    'The time that a client may go without reading a waiting answer.',
    closed,
  ),
  unsentBytes: bytes(
    defaultConnectionLimits.unsentBytes,
    'Answers that clients have not read, over all connections; the largest goes first.',
    closed,
  ),
  eventStreams: count(defaultStreamBounds.perGateway, 'Open event streams of a gateway.', 'overloaded'),
  eventStreamsPerClient: count(
    defaultStreamBounds.perClient,
    'Open event streams of a client, over all gateways.',
    'concurrency-limit-exceeded',
  ),
  eventStreamMs: time(defaultStreamBounds.lastsMs, 'The time that an event stream lasts.', {
    text: 'The stream ends; clients connect again.',
  }),
  keptAnswerBytes: bytes(
    defaultAnswerBounds.maxAnswerBytes,
    'An answer that is kept for its `Idempotency-Key`, compressed.',
    notKept,
  ),
  keptAnswersPerClientBytes: bytes(
    defaultAnswerBounds.bytesPerClient,
    'Kept answers of one client in Redis, over all gateways.',
    notKept,
  ),
  keptAnswersBytes: bytes(defaultAnswerBounds.bytes, 'Kept answers of all clients in Redis.', notKept),
  keptAnswersMs: time(defaultAnswerBounds.keepMs, 'The time that an answer is kept.', notKept),
  imagesInFlight: count(1_000, 'Images in flight for one gateway.', 'overloaded'),
  minDeadlineMs: time(100, 'The shortest deadline.', 'invalid-request'),
  maxDeadlineMs: time(60 * second, 'The longest deadline.', 'invalid-request'),
  defaultDeadlineMs: time(10 * second, 'The deadline of a request that names none.', 'deadline-exceeded'),
  maxPage: count(5_000, 'Results on a page.', 'invalid-request'),
  defaultPage: count(1_000, 'Results on a page of a request that names no number.', {
    text: 'The rest is on the next page.',
  }),
} as const satisfies Record<string, Bound>;

export type GatewayLimitName = keyof typeof bounds;

/** Sizes in bytes, times in ms. */
export type GatewayLimits = { readonly [Name in GatewayLimitName]: number };

export const defaultLimits = Object.fromEntries(
  Object.entries(bounds).map(([name, { value }]) => [name, value]),
) as GatewayLimits;
