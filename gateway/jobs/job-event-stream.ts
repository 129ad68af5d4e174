import type { Clock } from '../../primitives/clock.js';
import type { FollowedJob } from './job-watch.js';
import type { StreamBounds } from './stream-bounds.js';

export interface JobEventStreamOptions {
  /** Starts to follow the job. */
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

/** The stream creates no chunk before its reader asks for one. */
const unbuffered = { highWaterMark: 0 };

interface Chunk {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

/**
 * Returns server-sent events about a job. The stream creates an event when its reader asks for one, so that a slow
 * reader skips intermediate states. The stream ends with the job, or after its longest duration.
 */
export function jobEventStream({ follow, clock, bounds, onEnd }: JobEventStreamOptions): ReadableStream<Uint8Array> {
  /** Content of the event that was sent last. */
  let sent: string | undefined;
  let sentAt = clock.now();
  let started = false;
  let isOver = false;
  let closed = false;
  let wake: () => void = () => undefined;
  let cancelEnd: () => void = () => undefined;
  const job = follow(() => wake());

  /** Resolves at `at` (epoch ms), or earlier when `wake` is called. */
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
    if (!started) {
      started = true;
      return { bytes: reconnectAfter, isLast: false };
    }
    const view = job.view();
    if (view.ended || view.content !== sent) {
      sent = view.content;
      return { bytes: view.event(), isLast: view.ended };
    }
    if (isOver) return { bytes: timeIsUp, isLast: true };
    return clock.now() - sentAt >= bounds.keepAliveMs ? { bytes: keepAlive, isLast: false } : undefined;
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
          // A reader that reads nothing never reaches the end.
          cancelEnd = clock.schedule(bounds.cutAfterMs, () => {
            controller.error(new Error('The reader of an event stream stopped reading.'));
            close();
          });
          wake();
        });
      },
      async pull(controller) {
        let chunk = next();
        while (chunk === undefined && !closed) {
          await untilWoken(sentAt + bounds.keepAliveMs);
          chunk = next();
        }
        if (closed || chunk === undefined) return;
        sentAt = clock.now();
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
