import type { Clock } from '../../primitives/clock.js';
import type { FollowedJob } from './job-watch.js';
import type { StreamBounds } from './stream-bounds.js';

export interface JobEventStreamOptions {
  /** Begins to follow the job. */
  follow(onChange: () => void): FollowedJob;
  readonly clock: Clock;
  readonly bounds: Pick<StreamBounds, 'keepAliveMs' | 'lastsMs' | 'cutAfterMs'>;
  /** Called once when the stream has ended, failed or was cancelled. */
  onEnd(): void;
}

const encoder = new TextEncoder();
const reconnectAfter = encoder.encode('retry: 2000\n\n');
const keepAlive = encoder.encode(': still here\n\n');
const timeIsUp = encoder.encode(': the stream has reached its longest duration; connect again\n\n');

/** The stream makes no chunk before its reader asks for one. */
const unbuffered = { highWaterMark: 0 };

interface Chunk {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/**
 * Server-sent events about a job. The stream makes them when its reader asks for them, so that a slow reader skips
 * states in between. The stream ends with the job, or after its longest duration.
 */
export function jobEventStream({ follow, clock, bounds, onEnd }: JobEventStreamOptions): ReadableStream<Uint8Array> {
  /** Content of the event that was sent last. */
  let said: string | undefined;
  let saidAt = clock.now();
  let begun = false;
  let isOver = false;
  let closed = false;
  let wake: () => void = () => undefined;
  let cancelEnd: () => void = () => undefined;
  const job = follow(() => wake());

  /** Resolves at `at` (epoch milliseconds), or before it when something has happened. */
  function untilWoken(at: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.schedule(at - clock.now(), () => wake());
      wake = () => {
        wake = () => undefined;
        cancel();
        resolve();
      };
    });
  }

  function next(): Chunk | undefined {
    if (!begun) {
      begun = true;
      return { bytes: reconnectAfter, isLast: false };
    }
    const view = job.view();
    if (view.ended || view.content !== said) {
      said = view.content;
      return { bytes: view.event(), isLast: view.ended };
    }
    if (isOver) return { bytes: timeIsUp, isLast: true };
    return clock.now() - saidAt >= bounds.keepAliveMs ? { bytes: keepAlive, isLast: false } : undefined;
  }

  function close(): void {
    if (closed) return;
    closed = true;
    cancelEnd();
    job.leave();
    wake();
    onEnd();
  }

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        cancelEnd = clock.schedule(bounds.lastsMs, () => {
          isOver = true;
          // A reader that takes nothing never gets to the end.
          cancelEnd = clock.schedule(bounds.cutAfterMs, () => {
            controller.error(new Error('The reader of an event stream took nothing any more.'));
            close();
          });
          wake();
        });
      },
      async pull(controller) {
        let chunk = next();
        while (chunk === undefined && !closed) {
          await untilWoken(saidAt + bounds.keepAliveMs);
          chunk = next();
        }
        if (closed || chunk === undefined) return;
        saidAt = clock.now();
        controller.enqueue(chunk.bytes);
        if (!chunk.isLast) return;
        controller.close();
        close();
      },
      cancel: close,
    },
    unbuffered,
  );
}
