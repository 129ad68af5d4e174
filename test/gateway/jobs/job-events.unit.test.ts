import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sharedLookUps } from '../../../gateway/jobs/shared-look-ups.js';
import { defaultStreamBounds } from '../../../gateway/jobs/stream-bounds.js';
import type { Problem } from '../../../http/problems/problem.js';
import type { JobStates } from '../../../jobs/state/job-states.js';
import type { JobStatus } from '../../../jobs/state/job-status.js';
import { fakeJobs, knownJob } from './fake-jobs.js';
import { gatewayHarness, startedAt, type HarnessOptions } from '../harness.js';

type Harness = ReturnType<typeof gatewayHarness>;
const job = knownJob();
const path = `/v1/jobs/${job.id}`;

function harnessWith(options: HarnessOptions = {}): Harness {
  return gatewayHarness({ arrangeJobs: (jobs) => void jobs.services.queue.announce(job), ...options });
}

/** Opens an event stream of the job. `next` reads one chunk. */
async function follow({ app }: Harness) {
  const response = await app.request(`${path}/events`);
  const reader = response.body!.getReader();
  const next = async () => {
    const { value, done } = await reader.read();
    return done ? 'done' : Buffer.from(value).toString();
  };
  return { response, reader, next, leave: () => reader.cancel() };
}

/** Opens an event stream of the job, and reads the first event. */
async function followOn(harness: Harness) {
  const follower = await follow(harness);
  expect([await follower.next(), nameOf(await follower.next())]).toEqual(['retry: 2000\n\n', 'progress 0']);
  return follower;
}

/** Returns the name of an event with its number of tagged images. */
const nameOf = (text: string) => text.replace(/^event: (\w+)\ndata: .*?"tagged":(\d+).*\n\n$/, '$1 $2');

async function advance({ clock }: Harness, ms: number) {
  await setImmediate();
  clock.advance(ms);
  await setImmediate();
}

/** Job states whose look-ups the test can hold back. */
function heldStates() {
  const { services } = fakeJobs();
  const counts = { tagged: 0, failed: 0, cancelled: 0, failures: {}, parts: 0 };
  const status: JobStatus = { job, ...counts, finishedAt: null, samples: [] };
  const waiting: (() => void)[] = [];
  let isHeld = false;
  const states: JobStates = {
    ...services.states,
    find: () => (isHeld ? new Promise((resolve) => waiting.push(() => resolve(status))) : Promise.resolve(status)),
  };
  return { states, waiting, hold: () => void (isHeld = true) };
}

describe('look-ups of jobs', () => {
  it('needs one look-up for 250 new followers, and one per poll', async () => {
    const harness = harnessWith();
    const followers = await Promise.all(Array.from({ length: 250 }, () => follow(harness)));
    expect(followers.map(({ response }) => response.status)).toEqual(Array(250).fill(200));
    const nextOfAll = async () => [...new Set((await Promise.all(followers.map(({ next }) => next()))).map(nameOf))];
    expect([await nextOfAll(), await nextOfAll()]).toEqual([['retry: 2000\n\n'], ['progress 0']]);
    expect(harness.jobs.lookUps).toHaveLength(1);

    const changed = nextOfAll();
    await advance(harness, 500);
    harness.jobs.change(job.id, { tagged: 5 });
    await advance(harness, 500);
    expect([await changed, harness.jobs.lookUps.length]).toEqual([['progress 5'], 3]);

    const ended = nextOfAll();
    harness.jobs.change(job.id, { tagged: 10, finishedAt: startedAt });
    await advance(harness, 500);
    expect([await ended, await nextOfAll(), harness.jobs.lookUps.length]).toEqual([['end 10'], ['done'], 4]);
    expect(harness.clock.pending()).toBe(0);
  });

  it('shares one look-up among concurrent requests', async () => {
    const harness = harnessWith();
    const answers = await Promise.all(Array.from({ length: 250 }, async () => harness.app.request(path)));
    expect(answers.map(({ status }) => status)).toEqual(Array(250).fill(200));
    expect(harness.jobs.lookUps).toHaveLength(1);
  });

  it('encodes one event for all followers', async () => {
    const harness = harnessWith();
    const followers = [await follow(harness), await follow(harness)];
    const nextOfAll = () => Promise.all(followers.map(async ({ reader }) => (await reader.read()).value));
    await nextOfAll();
    const [one, two] = await nextOfAll();
    expect(one).toBe(two);
  });

  it('keeps at most 16 look-ups in flight and queues the rest', async () => {
    const { states, waiting, hold } = heldStates();
    hold();
    const { find } = sharedLookUps(states, defaultStreamBounds.lookUpsInFlight);
    const answers = Promise.all(Array.from({ length: 40 }, (_, n) => find(`${n}`)));
    const inFlight: number[] = [];
    for (let answered = 0; answered < 40;) {
      await setImmediate();
      inFlight.push(waiting.length);
      answered += waiting.length;
      for (const answer of waiting.splice(0)) answer();
    }
    expect([inFlight, (await answers).length]).toEqual([[16, 16, 8], 40]);
  });
});

describe('a failed look-up of a job', () => {
  it('cuts no event stream: the poll backs off up to 5 s and recovers', async () => {
    const harness = harnessWith();
    const { next } = await followOn(harness);
    const event = next();
    harness.jobs.setAway(true);
    const asked = () => harness.jobs.lookUps.splice(0).length;
    asked();
    for (const wait of [500, 1_000, 2_000, 4_000, 5_000]) {
      await advance(harness, wait - 1);
      expect(asked()).toBe(0);
      await advance(harness, 1);
      expect(asked()).toBe(1);
    }
    harness.jobs.setAway(false);
    harness.jobs.change(job.id, { tagged: 5 });
    // So far 12.5 s have passed without an event.
    await advance(harness, 2_500);
    expect([await event, asked()]).toEqual([': still here\n\n', 0]);
    const progress = next();
    await advance(harness, 2_500);
    expect([nameOf(await progress), asked()]).toEqual(['progress 5', 1]);
    // After a success, the backoff starts again from the shortest wait.
    harness.jobs.setAway(true);
    for (const wait of [500, 1_000]) {
      await advance(harness, wait);
      expect(asked()).toBe(1);
    }
  });

  it('refuses a new event stream with 503', async () => {
    const harness = harnessWith();
    const { leave } = await followOn(harness);
    harness.jobs.setAway(true);
    const response = await harness.app.request(`${path}/events`);
    expect([response.status, ((await response.json()) as Problem).code]).toEqual([503, 'jobs-unavailable']);
    await leave();
  });
});

describe('the poll of a job', () => {
  it('continues until its last follower leaves', async () => {
    const harness = harnessWith();
    const followers = [await followOn(harness), await followOn(harness)];
    await followers[0]?.leave();
    const event = followers[1]!.next();
    harness.jobs.change(job.id, { tagged: 5 });
    await advance(harness, 500);
    expect(nameOf(await event)).toBe('progress 5');
    await followers[1]?.leave();
    expect(harness.clock.pending()).toBe(0);
  });

  it('leaves no timer behind when the last follower leaves during a look-up', async () => {
    const { states, waiting, hold } = heldStates();
    const harness = harnessWith({ states });
    const { next, leave } = await followOn(harness);
    void next();
    hold();
    await advance(harness, 500);
    expect(waiting).toHaveLength(1);
    await leave();
    waiting[0]?.();
    await setImmediate();
    expect(harness.clock.pending()).toBe(0);
  });

  it('ends with the job, even before all followers have read the last event', async () => {
    const harness = harnessWith();
    const { next } = await followOn(harness);
    harness.jobs.change(job.id, { tagged: 10, finishedAt: startedAt });
    await advance(harness, 500);
    harness.jobs.lookUps.length = 0;
    await advance(harness, 500);
    expect([harness.jobs.lookUps, nameOf(await next()), await next()]).toEqual([[], 'end 10', 'done']);
  });

  it('starts again with the next follower', async () => {
    const harness = harnessWith();
    await (await followOn(harness)).leave();
    const { next, leave } = await followOn(harness);
    const event = next();
    harness.jobs.change(job.id, { tagged: 5 });
    await advance(harness, 500);
    expect(nameOf(await event)).toBe('progress 5');
    await leave();
  });
});

describe('an event stream', () => {
  it('skips intermediate states for a slow reader', async () => {
    const harness = harnessWith();
    const { next, leave } = await followOn(harness);
    for (const tagged of [1, 2, 3, 4]) {
      harness.jobs.change(job.id, { tagged });
      await advance(harness, 500);
    }
    expect(nameOf(await next())).toBe('progress 4');
    const event = next();
    harness.jobs.change(job.id, { tagged: 5 });
    await advance(harness, 500);
    expect(nameOf(await event)).toBe('progress 5');
    await leave();
  });

  it('sends a keep-alive comment after 15 s without an event', async () => {
    const harness = harnessWith();
    const { next, leave } = await followOn(harness);
    for (const _each of [1, 2]) {
      const comment = next();
      await advance(harness, 15_000);
      expect(await comment).toBe(': still here\n\n');
    }
    await leave();
  });

  it('ends with a comment after an hour', async () => {
    const harness = harnessWith({ streams: { keepAliveMs: Infinity } });
    const { next } = await followOn(harness);
    const event = next();
    await advance(harness, 3_599_999);
    await advance(harness, 1);
    expect(await event).toBe(': the stream has reached its longest duration; connect again\n\n');
    expect(await next()).toBe('done');
    expect(harness.clock.pending()).toBe(0);
  });

  it('is cut when its reader does not read the end', async () => {
    const harness = harnessWith();
    const { reader } = await followOn(harness);
    await advance(harness, 3_600_000);
    await advance(harness, 30_000);
    await expect(reader.read()).rejects.toThrow('The reader of an event stream stopped reading.');
    expect(harness.clock.pending()).toBe(0);
  });

  it('is refused when the gateway has its maximum of open streams', async () => {
    const harness = harnessWith({ streams: { perGateway: 2 } });
    // Neither HEAD nor a refusal counts as an open stream.
    const statusOf = async (url: string, method: string) => (await harness.app.request(url, { method })).status;
    for (const _each of [1, 2, 3]) {
      expect(await statusOf(`${path}/events`, 'HEAD')).toBe(200);
      expect(await statusOf('/v1/jobs/none/events', 'GET')).toBe(404);
    }
    const followers = [await followOn(harness), await followOn(harness)];
    const refused = await harness.app.request(`${path}/events`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    const detail = 'This gateway has 2 event streams open and opens no more.';
    expect(await refused.json()).toMatchObject({ code: 'overloaded', detail });
    await followers[0]?.leave();
    await (await followOn(harness)).leave();
    await followers[1]?.leave();
    expect(harness.clock.pending()).toBe(0);
  });
});
