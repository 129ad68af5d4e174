import type { Message } from '../../runtime/records/message.js';

/** The records of each job that this process has in flight, in the order in which it read them. */
export interface ReadOrder {
  /** Runs the work, and tracks the record until the work ends. The key of the record is its job. */
  track(message: Message, work: () => Promise<void>): Promise<void>;
  /** Resolves once the work on all earlier records of the job has ended, successful or not. */
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
      // The work starts in a later microtask: `earlier` needs the record to be tracked already.
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
