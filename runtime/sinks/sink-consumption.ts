import type { FanlightError } from '../../schemas/failure.js';
import { headers } from '../../schemas/headers.js';
import type { TopicFamily } from '../../schemas/topic-family.js';
import type { Sink, SinkRecord } from '../../sinks/sink.js';
import { laneOfTopic, sinkGroup, sinkRoleName, sinkTopics } from '../../topology/groups.js';
import type { Lane } from '../../topology/lanes.js';
import type { RecordConsumption } from '../consumption/consumption.js';
import { storeBackoff } from '../failures/retry-policy.js';
import { retryTransient } from '../failures/transient-retries.js';
import type { Codec } from '../records/codec.js';
import type { Message } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import { createPartitionTurns } from './partition-turns.js';
import { createSinkBatcher, type SinkOutcome } from './sink-batch.js';

/** Feeds a sink the records of a family of topics, for the given lanes. Opens the sink once its store answers. */
export async function sinkConsumption<Value>(
  sink: Sink<Value>,
  reads: TopicFamily<Value>,
  lanes: readonly Lane[],
  { clock, codec, logger, metrics, random }: WorkerServices,
): Promise<RecordConsumption> {
  const stage = sinkRoleName(sink.name);

  function onUnavailable(error: FanlightError, attempt: number): void {
    metrics.recordsRetried.inc({ stage, lane: '', code: error.code, where: 'in-place' });
    if (attempt === 1 || attempt % 10 === 0) logger.warn({ stage, attempt, code: error.code }, error.message);
  }

  await retryTransient(() => sink.open((sentence) => logger.warn({ stage }, sentence)), {
    ...{ clock, random, backoff: storeBackoff },
    onRetry: onUnavailable,
  });
  const enter = createPartitionTurns();
  const batcher = createSinkBatcher({
    sink,
    clock,
    random,
    onDispatch: (size, reason) => {
      metrics.batchSize.observe({ target: stage }, size);
      metrics.batches.inc({ target: stage, reason });
    },
    onUnavailable,
  });

  /** Decodes the record and adds it to a batch, in the order of its partition, as the contract of Sink says. */
  async function add(message: Message, signal: AbortSignal): Promise<SinkOutcome> {
    const { before, leave } = enter(message, signal);
    let stored: Promise<SinkOutcome>;
    try {
      const record = await sinkRecord(message, reads, codec);
      await before;
      stored = batcher.add(record, signal);
    } finally {
      leave();
    }
    return stored;
  }

  return {
    kind: 'records',
    group: sinkGroup(sink.name),
    topics: sinkTopics({ reads }, lanes),
    stage,
    laneOf: ({ topic }) => laneOfTopic(topic),
    async handler(message, { signal }) {
      const rejected = await add(message, signal);
      if (rejected) throw rejected;
      return [];
    },
    // The batch is retried until the store answers, so that a record that fails here can only become a dead letter.
    failures: {
      kind: 'divert',
      pathOf: ({ topic }) => ({ input: topic, lane: { name: laneOfTopic(topic), retryDelays: [] } }),
    },
    fetchMode: 'large-fetches',
    window: { items: 2 * sink.batch.maxRecords, bytes: 64 * 2 ** 20 },
    beforeStop: () => batcher.drain(),
    afterStop: () => sink.close(),
  };
}

async function sinkRecord<Value>(
  message: Message,
  reads: TopicFamily<Value>,
  codec: Codec,
): Promise<SinkRecord<Value>> {
  const value = (await codec.decode(reads.schema, message.value)) as Value;
  const { topic, partition, offset } = message;
  return { id: message.headers[headers.ceId] ?? reads.idOf(value), value, topic, partition, offset: String(offset) };
}
