import { defaultConnectionLimits } from '../http/connection-limits.js';
import { defaultAnswerBounds } from './idempotency/answer-bounds.js';
import { defaultStreamBounds } from './jobs/stream-bounds.js';
import type { ProblemCode } from '../http/problems/problem.js';

/** One bound of a gateway: what it bounds, and what a client gets beyond it. */
export interface Bound {
  readonly value: number;
  readonly unit: 'bytes' | 'ms' | 'count';
  readonly about: string;
  /** The answer beyond it; text where there is none. */
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
const notKept = { text: 'A repeated request is carried out again.' };
const closed = { text: 'The connection is closed.' };

/**
 * Every bound of what a request may ask for, become, and hold. `FANLIGHT_GATEWAY_LIMITS` changes them by name;
 * docs/gateway.md has the table.
 */
export const bounds = {
  imageBytes: bytes(25 * MiB, 'The file of an image.', 'too-large'),
  inlineBytes: bytes(MiB, 'An image that travels in its event; larger ones go through the image store.', {
    text: 'Nothing.',
  }),
  jsonBytes: bytes(128 * KiB, 'The JSON of `POST /v1/tags`.', 'too-large'),
  images: count(16, 'Images by URL in `POST /v1/tags`, and models that it names.', 'invalid-request'),
  urlLength: count(4_096, 'Characters of a URL.', 'invalid-request'),
  idLength: count(256, 'Characters of an id or a name.', 'invalid-request'),
  jobJsonBytes: bytes(8 * MiB, 'The JSON of `POST /v1/jobs`.', 'too-large'),
  jobImages: count(10_000, 'Images in such a list; lines have no bound.', 'invalid-request'),
  jobLineBytes: bytes(16 * KiB, 'One image of a job: a line, or an element of the list.', 'line-too-long'),
  blankLines: count(1_000, 'Blank lines of a job beyond one for each other line.', 'invalid-request'),
  inferenceBytes: bytes(64 * MiB, 'A request for a model, decompressed.', 'too-large'),
  inferenceJsonBytes: bytes(64 * KiB, 'JSON of such a request without the values of its tensors.', 'malformed-json'),
  inputs: count(64, 'Inputs, and outputs, of such a request. Values: as many as the model takes.', 'invalid-request'),
  numberBytes: bytes(KiB, 'The text of one number in such a request.', 'malformed-json'),
  bodyMs: time(60 * second, 'The time for a body; lines of a job have times of their own.', 'request-timeout'),
  bodyBytesPerSecond: bytes(500, 'The least pace of a body, a second on average.', 'request-timeout'),
  bodyGraceMs: time(5 * second, 'The time before that pace counts.', 'request-timeout'),
  jobIdleMs: time(60 * second, 'The pause between two lines of a job.', 'request-timeout'),
  jobMs: time(6 * hour, 'The time for all lines of a job, without what the queues take.', 'request-timeout'),
  bodyMemoryBytes: bytes(
    32 * MiB,
    'Memory for the bodies of all requests: a sixth of the heap. The client with most is refused.',
    'overloaded',
  ),
  jobStreamBytes: bytes(512 * KiB, 'What a job counts for in that memory while its lines are sent.', 'overloaded'),
  connections: count(
    defaultConnectionLimits.connections,
    'Open connections. An idle one makes room, then one that is slow to send its request.',
    'overloaded',
  ),
  pipelinedRequests: count(
    defaultConnectionLimits.pipelinedRequests,
    'Requests of one connection without an answer.',
    closed,
  ),
  idleConnectionMs: time(
    defaultConnectionLimits.idleConnectionMs,
    'The time that a connection may have no request.',
    closed,
  ),
  answerIdleMs: time(
    defaultConnectionLimits.answerIdleMs,
    'The time that a client may take for a piece of an answer.',
    closed,
  ),
  unsentBytes: bytes(
    defaultConnectionLimits.unsentBytes,
    'Answers that clients have not taken, over all connections; the largest goes first.',
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
    'Kept answers of a client in Redis, over all gateways.',
    notKept,
  ),
  keptAnswersBytes: bytes(defaultAnswerBounds.bytes, 'Kept answers of all clients in Redis.', notKept),
  keptAnswersMs: time(defaultAnswerBounds.keepMs, 'The time that an answer is kept.', notKept),
  imagesInFlight: count(1_000, 'Images that a gateway waits for at once.', 'overloaded'),
  minDeadlineMs: time(100, 'The shortest deadline.', 'invalid-request'),
  maxDeadlineMs: time(60 * second, 'The longest deadline.', 'invalid-request'),
  defaultDeadlineMs: time(10 * second, 'The deadline of a request that names none.', 'deadline-exceeded'),
  maxPage: count(5_000, 'Results on a page.', 'invalid-request'),
  defaultPage: count(1_000, 'Results on a page of a request that names no number.', { text: 'The next page.' }),
} as const satisfies Record<string, Bound>;

export type LimitName = keyof typeof bounds;

/** Sizes in bytes, times in milliseconds. */
export type GatewayLimits = { readonly [Name in LimitName]: number };

export const defaultLimits = Object.fromEntries(
  Object.entries(bounds).map(([name, { value }]) => [name, value]),
) as GatewayLimits;
