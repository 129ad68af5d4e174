import type { Message } from '../../runtime/records/message.js';

/** What this process holds of each job, in the order in which it was read. */
export interface ReadOrder {
  /** Remembers the record, whose key is its job, until the work is done. */
  track(message: Message, work: () => Promise<void>): Promise<void>;
  /** Resolves when all records of the job that were read before this one are done with, however they ended. */
  earlier(message: Message): Promise<void>;
}

interface Tracked {
  readonly message: Message;
  readonly done: Promise<void>;
}

export function createReadOrder(): ReadOrder {
  const jobs = new Map<string, Set<Tracked>>();
  const jobOf = ({ key }: Message) => key?.toString() ?? '';

  return {
    async track(message, work) {
      const job = jobOf(message);
      const held = jobs.get(job) ?? new Set();
      jobs.set(job, held);
      // Not at once: by the time that the work asks for what came earlier, it is among what is held itself.
      const tracked = { message, done: Promise.resolve().then(work) };
      held.add(tracked);
      try {
        await tracked.done;
      } finally {
        held.delete(tracked);
        if (held.size === 0) jobs.delete(job);
      }
    },
    async earlier(message) {
      const held = [...(jobs.get(jobOf(message)) ?? [])];
      const before = held.slice(
        0,
        held.findIndex((tracked) => tracked.message === message),
      );
      await Promise.allSettled(before.map(({ done }) => done));
    },
  };
}
