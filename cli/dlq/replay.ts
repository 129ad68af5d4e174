import type { DeadLetter } from '../../audit/dead-letters.js';
import { coordinates, type Message, type OutgoingMessage } from '../../runtime/records/message.js';
import { errorHeaders, headers } from '../../schemas/headers.js';

const removed: ReadonlySet<string> = new Set([
  ...Object.values(errorHeaders),
  headers.attempt,
  headers.retryAt,
  headers.retryTo,
  headers.deadline,
]);

/**
 * Returns the original record for its topic, and the marker that hides the dead letter. The caller writes them in this
 * order: after a crash between the two, the letter is still listed, and a second replay does no harm. The deadline
 * starts again, because the client that waited for it is gone.
 *
 * @param deadlineMs null in a lane without deadlines
 */
export function replayOf(
  letter: Message,
  topic: string,
  deadlineMs: number | null,
  now: number,
): readonly [original: OutgoingMessage, marker: OutgoingMessage] {
  const kept = Object.fromEntries(Object.entries(letter.headers).filter(([name]) => !removed.has(name)));
  const deadline: Record<string, string> = deadlineMs === null ? {} : { [headers.deadline]: String(now + deadlineMs) };
  const id = coordinates(letter);
  return [
    { topic, key: letter.key, value: letter.value, headers: { ...kept, ...deadline } },
    { topic: letter.topic, key: letter.key, value: null, headers: { [headers.replayed]: id } },
  ];
}

/**
 * Returns why a letter cannot be replayed; undefined if it can.
 *
 * @param read topics that workers of this placement read
 */
export function obstacleToReplay(
  { from, omittedFrom, unreadableOffsets }: Pick<DeadLetter, 'from' | 'omittedFrom' | 'unreadableOffsets'>,
  read: ReadonlySet<string>,
): string | undefined {
  if (from === null) return 'it does not name its original topic.';
  if (!read.has(from)) return `no worker of this placement reads its topic ${from}. Replay it under its old placement.`;
  if (unreadableOffsets !== null)
    return `it is a batch of ${from} that cannot be decoded (offsets ${unreadableOffsets}). Send its events again.`;
  if (omittedFrom === null) return undefined;
  return `its value was too large for a dead letter. Read the record ${omittedFrom}, and send a smaller event.`;
}
