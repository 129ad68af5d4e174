import type { DeliveredItems } from './delivered-items.js';
import { FanlightError } from '../../schemas/failure.js';
import type { JobProgress } from '../../schemas/jobs.js';
import { topics } from '../../schemas/topics.js';
import type { Codec } from '../../runtime/records/codec.js';
import type { Message, Middleware } from '../../runtime/records/message.js';

/** Remembers parts that are through, delivered or given up: only then may the summary of their job be delivered. */
export function rememberDelivered({
  codec,
  delivered,
}: {
  readonly codec: Codec;
  readonly delivered: DeliveredItems;
}): Middleware {
  return (next) =>
    async function remember(message, context) {
      const out = await next(message, context);
      const isThrough = out.every(({ topic }) => topic === topics.deadLetters('callbacks'));
      if (isThrough) context.waitUntil(() => note(message));
      return out;
    };

  async function note(message: Message): Promise<void> {
    const progress = await readable(message);
    if (progress?.part && progress.callback !== null) await delivered.add(progress.job, progress.part.items);
  }

  /** Undefined for a record that became a dead letter because nobody can read it. */
  async function readable(message: Message): Promise<JobProgress | undefined> {
    try {
      return (await codec.decode('job-progress', message.value)) as JobProgress;
    } catch (error) {
      if (error instanceof FanlightError && error.kind === 'permanent') return undefined;
      throw error;
    }
  }
}
