import { createHash } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { divertTo, type FailurePolicy, type RecordConsumption } from '../../../runtime/consumption/consumption.js';
import { handlerWithin, middleware } from '../../../runtime/consumption/middleware.js';
import { publishOutputs } from '../../../runtime/consumption/output-publishing.js';
import { createManualClock } from '../../../runtime/memory/manual-clock.js';
import { createMetrics } from '../../../runtime/metrics.js';
import type { Message, Middleware, OutgoingMessage } from '../../../runtime/records/message.js';
import type { WorkerServices } from '../../../runtime/services.js';
import { FanlightError } from '../../../schemas/failure.js';

const message: Message = {
  topic: 'infer.bulk',
  partition: 3,
  offset: 7n,
  key: Buffer.from('L1'),
  value: Buffer.from('payload'),
  headers: { ce_id: 'event', own: 'of the client' },
  timestamp: 0,
};
const output: OutgoingMessage = { topic: 'compose.bulk', key: null, value: Buffer.from('output'), headers: {} };
const context = { signal: new AbortController().signal, waitUntil: () => undefined };
const tooLarge = new FanlightError({ code: 'too-large', message: 'It is too large.', remedy: 'Send less.' });

/** A consumption whose publisher refuses some records. */
function world({
  refuses,
  failures = divertTo({ input: 'fetch.bulk', lane: { name: 'bulk', retryDelays: [] } }),
  failure = tooLarge,
  layers = [],
}: {
  readonly refuses: (message: OutgoingMessage) => boolean;
  readonly failures?: FailurePolicy;
  readonly failure?: Error;
  readonly layers?: readonly Middleware[];
}) {
  const metrics = createMetrics();
  const written: OutgoingMessage[] = [];
  const services: Partial<WorkerServices> = {
    ...{ clock: createManualClock(0), metrics, logger: pino({ level: 'silent' }), random: () => 1 },
    publisher: {
      publish(messages) {
        if (messages.some(refuses)) return Promise.reject(failure);
        written.push(...messages);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
  };
  const consumption: RecordConsumption = {
    ...{ kind: 'records', group: 'g', topics: ['infer.bulk'], stage: 'infer', failures },
    laneOf: () => 'bulk',
    handler: () => Promise.resolve([output]),
    middleware: layers,
    window: { items: 1, bytes: 1 },
  };
  const publish = (record: Message, outputs: readonly OutgoingMessage[]) =>
    publishOutputs(consumption, services as WorkerServices)(() => Promise.resolve(outputs))(record, context);
  const handle = handlerWithin(middleware, consumption, services as WorkerServices);
  const counted = async () =>
    (await metrics.recordsFailed.get()).values.map(({ labels, value }) => [labels.code, value]);
  return { publish, handle, written, counted };
}

describe('the outputs of a record', () => {
  it('are published', async () => {
    const { publish, written, counted } = world({ refuses: () => false });
    expect(await publish(message, [output])).toEqual([output]);
    expect([written, await counted()]).toEqual([[output], []]);
  });

  it('become one dead letter with the value of the record when Kafka refuses them', async () => {
    const { publish, written, counted } = world({ refuses: ({ topic }) => topic === output.topic });
    expect(await publish(message, [output])).toEqual(written);
    expect(written).toMatchObject([
      {
        topic: 'dead-letters.bulk',
        key: message.key,
        value: message.value,
        headers: {
          ...message.headers,
          '__fanlight.errors.code': 'too-large',
          '__fanlight.errors.topic': 'fetch.bulk',
          '__fanlight.errors.partition': '3',
          '__fanlight.errors.offset': '7',
        },
      },
    ]);
    expect(await counted()).toEqual([['too-large', 1]]);
  });

  it('become a dead letter that says where the value is when it does not fit there either', async () => {
    const { publish, written, counted } = world({ refuses: ({ value }) => value !== null });
    await publish({ ...message, headers: { ...message.headers, 'fl-job': 'j'.repeat(5_000) } }, [output]);
    expect(written).toHaveLength(1);
    const [letter] = written;
    expect([letter?.topic, letter?.key, letter?.value]).toEqual(['dead-letters.bulk', message.key, null]);
    expect(letter?.headers).toMatchObject({
      ce_id: 'event',
      '__fanlight.errors.code': 'too-large',
      '__fanlight.omitted.bytes': '7',
      '__fanlight.omitted.sha256': createHash('sha256').update('payload').digest('hex'),
      '__fanlight.omitted.from': 'infer.bulk/3/7',
    });
    // A header can be large too.
    expect(Object.keys(letter?.headers ?? {})).not.toContain('own');
    expect(Object.keys(letter?.headers ?? {})).not.toContain('fl-job');
    expect(await counted()).toEqual([['too-large', 1]]);
  });

  it('become a dead letter with the headers that the middleware of the consumption let in, which sees the letter', async () => {
    const seen: unknown[] = [];
    const admit: Middleware = (next) => async (record, given) => {
      const out = await next({ ...record, headers: { ce_id: 'event' } }, given);
      seen.push(...out);
      return out;
    };
    const { handle, written } = world({ refuses: ({ topic }) => topic === output.topic, layers: [admit] });
    await handle(message, context);
    expect([seen, written.length]).toEqual([written, 1]);
    expect(written[0]?.headers).toMatchObject({ ce_id: 'event', '__fanlight.errors.code': 'too-large' });
    expect(Object.keys(written[0]?.headers ?? {})).not.toContain('own');
  });

  it('keep the first reason when they are a dead letter that is too large', async () => {
    const earlier = { ...output, topic: 'dead-letters.bulk', headers: { '__fanlight.errors.code': 'not-an-image' } };
    const { publish, written, counted } = world({ refuses: ({ value }) => value !== null });
    await publish(message, [earlier]);
    expect(written).toMatchObject([{ value: null, headers: { '__fanlight.errors.code': 'not-an-image' } }]);
    expect(await counted()).toEqual([]);
  });

  it('stop the worker when Kafka takes no dead letter at all', async () => {
    const { publish } = world({ refuses: () => true });
    await expect(publish(message, [output])).rejects.toMatchObject({ kind: 'fatal' });
  });

  it('stop a worker that writes no dead letters', async () => {
    const { publish, written } = world({ refuses: () => true, failures: { kind: 'stop' } });
    await expect(publish(message, [output])).rejects.toBe(tooLarge);
    expect(written).toEqual([]);
  });

  it('stop the worker when the fault is not that of a record', async () => {
    const failure = new FanlightError({ code: 'invalid-configuration', message: 'No topic.', remedy: 'Create it.' });
    const { publish, written } = world({ refuses: ({ topic }) => topic === output.topic, failure });
    await expect(publish(message, [output])).rejects.toBe(failure);
    expect(written).toEqual([]);
  });
});

describe('a record with a header that is not text', () => {
  const unreadable: Message = { ...message, unreadableHeaders: new Map([['fl-job', Buffer.from([0xff, 1])]]) };
  it('becomes a dead letter that shows the bytes', async () => {
    const { handle } = world({ refuses: () => false });
    const [letter] = await handle(unreadable, context);
    expect([letter?.topic, letter?.value]).toEqual(['dead-letters.bulk', message.value]);
    expect(letter?.headers['__fanlight.errors.code']).toBe('invalid-event');
    expect(letter?.headers['__fanlight.errors.message']).toBe(
      'The header fl-job is not UTF-8 text: its 2 bytes start with 0xff01.',
    );
  });

  it('is handled without the header by a worker that writes no dead letters', async () => {
    const { handle } = world({ refuses: () => false, failures: { kind: 'stop' } });
    expect(await handle(unreadable, context)).toEqual([output]);
  });
});
