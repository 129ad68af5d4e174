import type { DeliveredItems } from './delivered-items.js';
import { FanlightError } from '../../schemas/failure.js';
import type { JobProgress } from '../../schemas/jobs.js';
import { topics } from '../../schemas/topics.js';
import type { Codec } from '../../runtime/records/codec.js';
import type { Message, Middleware } from '../../runtime/records/message.js';

/**
 * Remembers parts whose delivery is final (delivered or given up). The summary of a job waits until all of its items
 * are final.
 */
export function rememberDelivered({
  codec,
  delivered,
}: {
  readonly codec: Codec;
  readonly delivered: DeliveredItems;
}): Middleware {
  return (next) =>
    async function rememberFinal(message, context) {
      const out = await next(message, context);
      const isFinal = out.every(({ topic }) => topic === topics.deadLetters('callbacks'));
      if (isFinal) context.waitUntil(() => addItems(message));
      return out;
    };

  async function addItems(message: Message): Promise<void> {
    const progress = await decodeProgress(message);
    if (progress?.part && progress.callback !== null) await delivered.add(progress.job, progress.part.items);
  }

  /** Returns undefined for a record that became a dead letter because it cannot be decoded. */
  async function decodeProgress(message: Message): Promise<JobProgress | undefined> {
    try {
      return (await codec.decode('job-progress', message.value)) as JobProgress;
    } catch (error) {
      if (error instanceof FanlightError && error.kind === 'permanent') return undefined;
      throw error;
    }
  }
}
