import type { Message, UnreadableBatch } from '../../records/message.js';
import type { WorkerServices } from '../../services.js';

/** Returns the sentence that says which records cannot be decoded, and why. */
export function unreadableText(
  { topic, partition }: Pick<Message, 'topic' | 'partition'>,
  { firstOffset, lastOffset, reason }: UnreadableBatch,
): string {
  const offsets = firstOffset === lastOffset ? `offset ${lastOffset}` : `offsets ${firstOffset} to ${lastOffset}`;
  return `A batch of ${topic}/${partition} cannot be decoded at ${offsets}: ${reason}.`;
}

/**
 * Logs and counts records that could not be decoded, for a reader that steps over them. Does nothing for any other
 * record.
 *
 * @param reader name of a consumer group or follower
 */
export function reportSkippedBatch(
  { logger, metrics }: Pick<WorkerServices, 'logger' | 'metrics'>,
  reader: string,
  message: Message,
): void {
  const { unreadableBatch } = message;
  if (unreadableBatch === undefined) return;
  metrics.batchesSkipped.inc({ reader });
  logger.error({ reader, bytes: unreadableBatch.bytes }, unreadableText(message, unreadableBatch));
}
