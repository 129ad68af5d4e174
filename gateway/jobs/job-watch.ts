import type { JobStates } from '../../jobs/state/job-states.js';
import type { JobStatus } from '../../jobs/state/job-status.js';
import { backoffMs } from '../../primitives/backoff.js';
import type { Clock } from '../../primitives/clock.js';
import { repeat, type UntilNextMs } from '../../primitives/timer-loop.js';
import { jobAnswer, type JobAnswer } from './job-answer.js';
import type { StreamBounds } from './stream-bounds.js';

export interface JobWatchesOptions {
  readonly find: JobStates['find'];
  readonly clock: Clock;
  readonly bounds: Pick<StreamBounds, 'lookEveryMs' | 'longestBackoffMs'>;
}

/** A job as of the last look-up. All followers share it. */
export interface JobView {
  /** Text that changes when the job changes. */
  readonly content: string;
  readonly ended: boolean;
  /** Returns the server-sent event about this state. */
  event(): Uint8Array;
}

export interface FollowedJob {
  view(): JobView;
  /** Idempotent. */
  leave(): void;
}

/** @param onChange called after the view has changed */
export type FollowJob = (found: JobStatus, onChange: () => void) => FollowedJob;

interface Watch {
  readonly view: () => JobView;
  readonly join: (onChange: () => void) => () => void;
}

/**
 * Polls each followed job once for all its followers. The first follower starts the poll, and the last one ends it. A
 * failed look-up changes nothing for followers: the poll backs off and continues.
 */
export function createJobWatches({ find, clock, bounds }: JobWatchesOptions): FollowJob {
  const watches = new Map<string, Watch>();

  function startWatch(found: JobStatus): Watch {
    const { id } = found.job;
    const followers = new Set<{ readonly onChange: () => void }>();
    let view = viewOf(jobAnswer(found, clock.now()));
    let failures = 0;

    function show(next: JobView): void {
      const changed = next.content !== view.content;
      view = next;
      if (changed) for (const { onChange } of [...followers]) onChange();
    }

    async function look(): Promise<UntilNextMs> {
      try {
        const status = await find(id);
        failures = 0;
        // After Redis lost its data, the job is missing until the worker has read the topics again.
        if (status !== undefined) show(viewOf(jobAnswer(status, clock.now())));
      } catch {
        failures += 1;
        return backoffMs(failures + 1, { baseMs: bounds.lookEveryMs, maxMs: bounds.longestBackoffMs }, 1);
      }
      return view.ended ? undefined : bounds.lookEveryMs;
    }

    const stop = view.ended ? undefined : repeat(clock, bounds.lookEveryMs, look);
    return {
      view: () => view,
      join(onChange) {
        const follower = { onChange };
        followers.add(follower);
        return function leave() {
          if (!followers.delete(follower) || followers.size > 0) return;
          void stop?.();
          watches.delete(id);
        };
      },
    };
  }

  return function followJob(found, onChange) {
    const watch = watches.get(found.job.id) ?? startWatch(found);
    watches.set(found.job.id, watch);
    return { view: watch.view, leave: watch.join(onChange) };
  };
}

const encoder = new TextEncoder();

function viewOf(answer: JobAnswer): JobView {
  const ended = answer.finishedAt !== null;
  // The rate and the time left change even when the job does not.
  const { imagesPerSecond: _rate, secondsLeft: _left, ...content } = answer;
  const name = ended ? 'end' : 'progress';
  let encoded: Uint8Array | undefined;
  return {
    content: JSON.stringify(content),
    ended,
    event: () => (encoded ??= encoder.encode(`event: ${name}\ndata: ${JSON.stringify(answer)}\n\n`)),
  };
}
