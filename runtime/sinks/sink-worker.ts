import { asFanlightError } from '../../schemas/failure.js';
import { headers } from '../../schemas/headers.js';
import type { TopicFamily } from '../../schemas/topic-family.js';
import type { Sink } from '../../sinks/sink.js';
import { sinkGroup, sinkRole } from '../../topology/groups.js';
import type { Lane } from '../../topology/lanes.js';
import { deadLetterOf } from '../failures/handle-failures.js';
import { measure } from '../measure.js';
import type { Handler } from '../records/message.js';
import { createSinkBatcher } from './sink-batch.js';
import { alongside } from '../kafka/consumer/with-stop-hooks.js';
import { startConsumer, type RunningConsumer } from '../kafka/consumer/consumer.js';
import { publishUntilAcknowledged } from '../kafka/client/publish-until-acknowledged.js';
import type { WorkerServices } from '../services.js';

function noSideWork(): never {
  throw new Error('a sink has no deferred work');
}

/** Feeds a sink the records of a family of topics, for all given lanes, in a consumer group of its own. */
export async function startSinkWorker<Value>(
  sink: Sink<Value>,
  reads: TopicFamily<Value>,
  lanes: readonly Lane[],
  services: WorkerServices,
): Promise<RunningConsumer> {
  const { clock, codec, logger, metrics, publisher, random } = services;
  const group = sinkGroup(sink.name);
  const stage = sinkRole(sink.name);
  const stopping = new AbortController();
  await sink.open();
  const batcher = createSinkBatcher({
    sink,
    clock,
    random,
    signal: stopping.signal,
    onDispatch: (size, reason) => {
      metrics.batchSize.observe({ target: stage }, size);
      metrics.batches.inc({ target: stage, reason });
    },
    onUnavailable: (error, attempt) => {
      metrics.recordsRetried.inc({ stage, lane: '', code: error.code, where: 'in-place' });
      if (attempt === 1 || attempt % 10 === 0) logger.warn({ stage, attempt, code: error.code }, error.message);
    },
  });

  const byTopic = new Map(lanes.map((lane) => [reads.topic(lane.name), handlerOf(lane)]));
  const consumer = await startConsumer({
    kafka: services.kafka,
    group,
    topics: [...byTopic.keys()],
    fromBeginning: true,
    reading: 'unhurried',
    window: { items: 2 * sink.batch.maxRecords, bytes: 64 * 2 ** 20 },
    process: async function processResult(message, signal) {
      const out = (await byTopic.get(message.topic)?.(message, { signal, waitUntil: noSideWork })) ?? [];
      await publishUntilAcknowledged(publisher, out, { signal, clock, logger, random });
    },
    onFatal: services.onFatal,
    clock,
    logger,
    onRestart: (reason) => metrics.consumerRestarts.inc({ group, reason }),
  });

  function handlerOf(lane: Lane): Handler {
    return measure(
      metrics,
      { stage, lane },
      clock,
    )(async function handleResult(message) {
      const where = { stage, lane, input: message.topic };
      try {
        const value = (await codec.decode(reads.schema, message.value)) as Value;
        const record = {
          id: message.headers[headers.ceId] ?? reads.idOf(value),
          value,
          topic: message.topic,
          partition: message.partition,
          offset: String(message.offset),
        };
        const rejected = await batcher.add(record, { delayMs: sink.batch.maxDelayMs, priority: 0 });
        return rejected ? [deadLetterOf(message, rejected, where, clock.now())] : [];
      } catch (thrown) {
        const error = asFanlightError(thrown);
        if (error.kind !== 'permanent') throw error;
        metrics.recordsFailed.inc({ stage, lane: lane.name, code: error.code });
        return [deadLetterOf(message, error, where, clock.now())];
      }
    });
  }

  return alongside(consumer, {
    beforeStop: () => batcher.drain(),
    async afterStop() {
      stopping.abort(new Error(`${stage} stops`));
      await sink.close();
    },
  });
}
