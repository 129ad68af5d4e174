import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { randomFrom, type Random } from '../../../../primitives/seeded-random.js';
import type { DeliveryMode } from '../../../../runtime/services.js';
import { openStreams, type Outcome } from './streams.js';

type Streams = Awaited<ReturnType<typeof openStreams>>;

const seed = Number(process.env['FANLIGHT_TEST_SEED'] ?? 1);
const faults = Number(process.env['FANLIGHT_TEST_FAULTS'] ?? 1);
const size = { streams: 4, records: 1_500 };

/** Kills the only worker, at a moment of the seed, and starts another one. */
async function killRepeatedly(streams: Streams, random: Random): Promise<void> {
  for (let kills = 0; kills < faults; kills += 1) {
    const worker = await streams.start();
    await delay(500 + 1_500 * random());
    worker.kill('SIGKILL');
  }
  await streams.start();
}

/** Freezes one of two workers for longer than its session, and thaws it while the other one works. */
async function freeze(streams: Streams, random: Random): Promise<void> {
  const frozen = await streams.start();
  await delay(500 + 500 * random());
  frozen.kill('SIGSTOP');
  const other = streams.start();
  await delay(11_500 + 1_000 * random()); // the session ends after 10 s
  frozen.kill('SIGCONT');
  await other;
}

/** A second worker comes and goes. */
async function rebalance(streams: Streams, random: Random): Promise<void> {
  await streams.start();
  for (let times = 0; times < faults; times += 1) {
    const second = await streams.start();
    await delay(300 + 700 * random());
    second.kill('SIGTERM');
    await delay(300 + 700 * random());
  }
}

const schedules = { 'kill -9': killRepeatedly, 'a freeze beyond the session': freeze, rebalances: rebalance };

describe('records that pass a worker', () => {
  let streams: Streams;
  afterEach(() => streams.close());

  async function run(mode: DeliveryMode, schedule: (typeof schedules)[keyof typeof schedules]): Promise<Outcome[]> {
    streams = await openStreams(mode, size);
    await schedule(streams, randomFrom(seed));
    await streams.finish();
    return streams.outcomes();
  }

  it.each(Object.entries(schedules))(
    'are in its output exactly once after %s, with transactions',
    async (_name, schedule) => {
      const outcomes = await run('transactions', schedule);
      for (const { inputs, distinct, total } of outcomes)
        expect({ distinct, total }).toEqual({ distinct: inputs, total: inputs });
    },
    180_000,
  );

  it('are repeated after kill -9 with at-least-once delivery, and none is lost', async () => {
    const outcomes = await run('at-least-once', killRepeatedly);
    for (const { inputs, distinct } of outcomes) expect(distinct).toBe(inputs);
    expect(Math.max(...outcomes.map(({ total, inputs }) => total - inputs))).toBeGreaterThan(0);
  }, 180_000);
});
