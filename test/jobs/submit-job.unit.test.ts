import { describe, expect, it } from 'vitest';
import { submitJob } from '../../jobs/submission/submit-job.js';
import { heartbeatMs } from '../../jobs/submission/heartbeat.js';
import type { Job } from '../../schemas/jobs.js';
import { manualClock } from '../gateway/harness.js';

const job: Job = {
  id: '0198c2a4d3e07b1c9f5e2a6d4c8b0f13',
  client: null,
  pipeline: 'listing-photo@1',
  lane: 'bulk',
  callback: null,
  state: 'accepting',
  images: 0,
  createdAt: 0,
  updatedAt: 0,
};

/** A queue whose records become durable when the test releases them. */
function heldQueue() {
  const written: Job['state'][] = [];
  let hold: Promise<void> = Promise.resolve();
  return {
    written,
    hold: (until: Promise<void>) => void (hold = until),
    queue: {
      async announce({ state }: Job) {
        await hold;
        written.push(state);
      },
      send: () => Promise.resolve(),
      isCancelled: () => false,
    },
  };
}

describe('a submitted job', () => {
  it.each([
    ['accepted', () => Promise.resolve()],
    ['cancelled', () => Promise.reject(new Error('the body ended early'))],
  ] as const)(
    'becomes %s only after a heartbeat that was in flight at the end of its images',
    async (state, ending) => {
      const clock = manualClock();
      const { queue, hold, written } = heldQueue();
      let release: () => void = () => undefined;
      async function* images() {
        await Promise.resolve();
        hold(new Promise((resolve) => (release = resolve)));
        clock.advance(heartbeatMs);
        hold(Promise.resolve());
        await ending();
        yield* [];
      }
      const charge = () => Promise.resolve();
      const submitted = submitJob(job, images(), { queue, clock, charge, traceparent: '' }).then(
        () => 'accepted',
        () => 'cancelled',
      );
      await new Promise((resolve) => setImmediate(resolve));
      expect(written).toEqual(['accepting']);
      release();
      expect(await submitted).toBe(state);
      expect(written).toEqual(['accepting', 'accepting', state]);
    },
  );
});
