import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { ModelCommand, WorkerModels } from '../../../schemas/models/control.js';
import { topics } from '../../../schemas/topics.js';
import { startModelControl } from '../../../runtime/models/model-control.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMetrics } from '../../../runtime/metrics.js';
import { fakeKafka } from '../kafka/fake-kafka.js';

const everyMs = 10_000;

/** A worker whose reports reach the topic only after the test acknowledges them. */
async function world(options: Parameters<typeof fakeKafka>[0] = {}) {
  const clock = createManualClock();
  const broker = fakeKafka(options);
  const topic: WorkerModels[] = [];
  const unacknowledged: { acknowledge(): void; fail(error: Error): void }[] = [];
  let held = false;
  let finishLoad: () => void = () => undefined;
  let command: Partial<ModelCommand> = {};

  const control = await startModelControl({
    kafka: broker.kafka,
    publisher: {
      publish(messages) {
        const states = messages.map(({ value }) => JSON.parse(String(value)) as WorkerModels);
        if (!held) return Promise.resolve(void topic.push(...states));
        return new Promise((resolve, reject) => {
          unacknowledged.push({ acknowledge: () => resolve(void topic.push(...states)), fail: reject });
        });
      },
      close: () => Promise.resolve(),
    },
    codec: {
      encode: (_schema, _topic, value) => Promise.resolve(Buffer.from(JSON.stringify(value))),
      decode: () => Promise.resolve({ route: null, issuedBy: 'operator', ...command }),
    },
    clock,
    logger: pino({ level: 'silent' }),
    metrics: createMetrics(),
    worker: 'worker-1',
    models: {
      load: () => new Promise((resolve) => (finishLoad = resolve)),
      unload: () => Promise.resolve(),
      setRoute: () => undefined,
      describe: () => ({ models: [], aliases: {}, budgetMiB: null }),
    },
    everyMs,
  });

  return {
    clock,
    control,
    topic,
    unacknowledged,
    hold: () => void (held = true),
    finishLoad: () => finishLoad(),
    async advance(ms: number): Promise<void> {
      clock.advance(ms);
      await setImmediate();
    },
    /** Delivers a command, without waiting for the report about it. */
    async give(offset: bigint, given: Partial<ModelCommand>): Promise<void> {
      command = given;
      void broker.deliver(topics.modelCommands, offset);
      await setImmediate();
    },
    /** Acknowledges reports, the newest first, until the control has stopped. */
    async acknowledgeUntil(stopping: Promise<void>): Promise<void> {
      let stopped = false;
      void stopping.then(() => (stopped = true));
      for (let turns = 0; turns < 20 && !(stopped && unacknowledged.length === 0); turns += 1) {
        await setImmediate();
        unacknowledged.pop()?.acknowledge();
      }
      expect(stopped).toBe(true);
    },
  };
}

it('a worker reports its models at the start and every 10 s', async () => {
  const { topic, advance } = await world();
  expect(topic).toMatchObject([{ worker: 'worker-1', stopped: false }]);
  await advance(everyMs);
  await advance(everyMs);
  expect(topic).toHaveLength(3);
});

describe('the last report of a stopped worker says stopped:true', () => {
  it('when a periodic report is in flight at stop', async () => {
    const { clock, control, topic, hold, advance, acknowledgeUntil } = await world();
    hold();
    await advance(everyMs);
    await acknowledgeUntil(control.stop());
    expect(topic.map(({ stopped }) => stopped)).toEqual([false, false, true]);
    expect(clock.nextDueAt).toBeUndefined();
  });

  it('when a periodic report in flight at stop fails', async () => {
    const { clock, control, topic, unacknowledged, hold, advance, acknowledgeUntil } = await world();
    hold();
    await advance(everyMs);
    const stopping = control.stop();
    await setImmediate();
    unacknowledged.shift()?.fail(new Error('no broker'));
    await acknowledgeUntil(stopping);
    expect(topic.map(({ stopped }) => stopped)).toEqual([false, true]);
    expect(clock.nextDueAt).toBeUndefined();
  });

  it('when the report about a command is in flight at stop', async () => {
    const { control, topic, hold, give, acknowledgeUntil } = await world();
    hold();
    await give(0n, { action: 'SET_ALIAS', subject: 'a' });
    await acknowledgeUntil(control.stop());
    expect(topic.map(({ stopped }) => stopped)).toEqual([false, false, true]);
  });

  it('when a model finishes loading after stop', async () => {
    const { control, topic, finishLoad, give } = await world();
    await give(0n, { action: 'LOAD', subject: 'scene@1' });
    await control.stop();
    finishLoad();
    await setImmediate();
    expect(topic.at(-1)).toMatchObject({ stopped: true });
  });

  it('when its consumer group cannot be deleted', async () => {
    const { control, topic } = await world({ deleteGroups: () => Promise.reject(new Error('no broker')) });
    await expect(control.stop()).rejects.toThrow('no broker');
    expect(topic.at(-1)).toMatchObject({ stopped: true });
  });

  it('when a periodic report and a report about a command are in flight at stop', async () => {
    const { control, topic, finishLoad, hold, advance, give, acknowledgeUntil } = await world();
    await give(0n, { action: 'LOAD', subject: 'scene@1' });
    hold();
    await advance(everyMs);
    finishLoad();
    await give(1n, { action: 'SET_ALIAS', subject: 'a' });
    await acknowledgeUntil(control.stop());
    expect(topic.at(-1)).toMatchObject({ stopped: true });
  });
});

it('a worker reports a change that happened while another report was in flight', async () => {
  const { topic, unacknowledged, hold, advance, give } = await world();
  hold();
  await advance(everyMs);
  await give(7n, { action: 'SET_ALIAS', subject: 'a' });
  for (let turn = 0; turn < 4; turn += 1) {
    unacknowledged.shift()?.acknowledge();
    await setImmediate();
  }
  expect(topic.at(-1)).toMatchObject({ appliedOffset: 7, stopped: false });
});
