import { describe, expect, it } from 'vitest';
import { batchesOf } from '../../jobs/submission/batches.js';
import { heartbeatMs } from '../../jobs/submission/heartbeat.js';
import type { JobImage, SubmittedImage } from '../../jobs/submission/job-queue.js';
import { createJob } from '../../jobs/submission/new-job.js';
import { submitJob } from '../../jobs/submission/submission.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';
import type { Job } from '../../schemas/jobs.js';
import { listingImage } from '../support/samples.js';

const startAt = Date.UTC(2026, 0, 1);
const terms = {
  id: '0198c2a4d3e07b1c9f5e2a6d4c8b0f13',
  client: 'shop',
  pipeline: 'listing-photo@1',
  lane: 'backfill',
  callback: 'kafka:results',
} as const;

/** A queue in memory. The test can hold back the acknowledgement of job records. */
function memoryQueue() {
  const jobs: Job[] = [];
  const batches: (readonly JobImage[])[] = [];
  let hold: Promise<void> = Promise.resolve();
  return {
    jobs,
    batches,
    states: () => jobs.map(({ state, images }) => `${state} ${images}`),
    hold: (until: Promise<void>) => void (hold = until),
    queue: {
      async announce(job: Job) {
        await hold;
        jobs.push(job);
      },
      async send(_job: Job, images: readonly JobImage[]) {
        batches.push(images);
      },
      isCancelled: () => false,
    },
  };
}

const chargeNothing = () => Promise.resolve();

function imagesOf(count: number): readonly SubmittedImage[] {
  const event = listingImage({ imageId: 'kitchen', url: 'https://photos.example/kitchen.jpg' });
  return Array.from({ length: count }, (_, n) => ({ event, reference: `row ${n}` }));
}

describe('submitJob', () => {
  it('sends the images of a list in numbered batches of 500, and announces the accepted job', async () => {
    const clock = createManualClock(startAt);
    const { queue, jobs, batches, states } = memoryQueue();
    const charged: number[] = [];
    const charge = async (images: number) => void charged.push(images);
    const options = { queue, clock, charge, traceparent: '' };
    const job = await submitJob(createJob(terms, clock.now()), batchesOf(imagesOf(1_201)), options);
    const accepted = { ...terms, state: 'accepted', images: 1_201, createdAt: startAt, updatedAt: startAt };
    expect([job, jobs.at(-1), states()]).toEqual([accepted, accepted, ['accepting 0', 'accepted 1201']]);
    expect([charged, batches.map(({ length }) => length)]).toEqual([
      [500, 500, 201],
      [500, 500, 201],
    ]);
    const sent = batches.flat().map(({ item, reference }) => [item, reference]);
    expect(sent).toEqual(Array.from({ length: 1_201 }, (_, n) => [n, `row ${n}`]));
  });

  it('cancels the job and sends no further batch when the client may not send that many images', async () => {
    const clock = createManualClock(startAt);
    const { queue, batches, states } = memoryQueue();
    const refusal = new Error('the quota is used up');
    let charges = 0;
    const charge = () => ((charges += 1) > 1 ? Promise.reject(refusal) : Promise.resolve());
    const options = { queue, clock, charge, traceparent: '' };
    const submitted = submitJob(createJob(terms, clock.now()), batchesOf(imagesOf(1_000)), options);
    await expect(submitted).rejects.toBe(refusal);
    expect([batches.length, states()]).toEqual([1, ['accepting 0', 'cancelled 500']]);
  });

  it.each([
    ['accepted', () => Promise.resolve()],
    ['cancelled', () => Promise.reject(new Error('the body ended early'))],
  ] as const)('announces `%s` after a heartbeat that is in flight at the end', async (state, ending) => {
    const clock = createManualClock(startAt);
    const { queue, hold, jobs } = memoryQueue();
    let release: () => void = () => undefined;
    async function* noImages() {
      await Promise.resolve();
      hold(new Promise((resolve) => (release = resolve)));
      clock.advance(heartbeatMs);
      hold(Promise.resolve());
      await ending();
      yield* [];
    }
    const options = { queue, clock, charge: chargeNothing, traceparent: '' };
    const submitted = submitJob(createJob(terms, clock.now()), noImages(), options).then(
      () => 'accepted',
      () => 'cancelled',
    );
    await new Promise((resolve) => setImmediate(resolve));
    const written = () => jobs.map((job) => job.state);
    expect(written()).toEqual(['accepting']);
    release();
    expect(await submitted).toBe(state);
    expect(written()).toEqual(['accepting', 'accepting', state]);
  });
});
