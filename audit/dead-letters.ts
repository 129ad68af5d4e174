import { coordinates, type Message } from '../runtime/records/message.js';
import { originOf } from '../runtime/records/origin.js';
import { batchHeaders, errorHeaders, headers, omittedHeaders } from '../schemas/headers.js';
import { isFailureLane, type FailureLane } from '../schemas/lanes.js';

/** A dead letter without its payload. */
export interface DeadLetter {
  /** `topic/partition/offset` of the dead letter. */
  readonly id: string;
  readonly lane: FailureLane;
  /** RFC 3339. */
  readonly time: string;
  readonly stage: string;
  readonly operation: string;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly attempts: number;
  /** `ce_id` of the listing-image event that it descends from. */
  readonly origin: string;
  /** Topic of the original record, to which a replay returns it; null if the letter does not name one. */
  readonly from: string | null;
  readonly key: string | null;
  /** `topic/partition/offset` of the original record, for a letter that was too large to have its value; else null. */
  readonly omittedFrom: string | null;
  /** Offsets such as `5 to 9` for a letter whose value is a batch that could not be decoded; else null. */
  readonly unreadableOffsets: string | null;
}

/** Reads a dead letter from its headers. Returns undefined for a replay marker and for any other record. */
export function deadLetterFrom(message: Message): DeadLetter | undefined {
  const { headers: texts, topic } = message;
  const lane = topic.slice(topic.indexOf('.') + 1);
  if (texts[errorHeaders.code] === undefined || !isFailureLane(lane)) return undefined;
  const text = (name: keyof typeof errorHeaders) => texts[errorHeaders[name]] ?? '';
  const first = texts[batchHeaders.firstOffset];
  return {
    id: coordinates(message),
    lane,
    time: texts[errorHeaders.time] ?? new Date(message.timestamp).toISOString(),
    stage: text('stage'),
    operation: text('operation'),
    code: text('code'),
    message: text('message'),
    remedy: text('remedy'),
    attempts: Number(texts[errorHeaders.attempts] ?? 1),
    origin: originOf(message),
    from: texts[errorHeaders.topic] ?? null,
    key: message.key?.toString() ?? null,
    omittedFrom: texts[omittedHeaders.from] ?? null,
    unreadableOffsets: first === undefined ? null : `${first} to ${texts[batchHeaders.lastOffset] ?? first}`,
  };
}

/** Returns the id of the dead letter that a replay marker hides; undefined if the record is not a marker. */
export function replayedBy({ headers: texts }: Message): string | undefined {
  return texts[errorHeaders.code] === undefined ? texts[headers.replayed] : undefined;
}

/** Whether a sink wrote the letter: the image was tagged, but a store refused the result. */
export function isOfSink({ stage }: Pick<DeadLetter, 'stage'>): boolean {
  return stage.startsWith('sink-');
}
