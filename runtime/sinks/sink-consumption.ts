import { headers } from '../../schemas/headers.js';
import type { TopicFamily } from '../../schemas/topic-family.js';
import type { Sink, SinkRecord } from '../../sinks/sink.js';
import { laneOfTopic, sinkGroup, sinkRoleName, sinkTopics } from '../../topology/groups.js';
import type { Lane } from '../../topology/lanes.js';
import type { RecordConsumption } from '../consumption/consumption.js';
import type { Codec } from '../records/codec.js';
import type { Message } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import { createSinkBatcher } from './sink-batch.js';

/** Feeds a sink the records of a family of topics, for the given lanes. Opens the sink. */
export async function sinkConsumption<Value>(
  sink: Sink<Value>,
  reads: TopicFamily<Value>,
  lanes: readonly Lane[],
  { clock, codec, logger, metrics, random }: WorkerServices,
): Promise<RecordConsumption> {
  const stage = sinkRoleName(sink.name);
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

  return {
    kind: 'records',
    group: sinkGroup(sink.name),
    topics: sinkTopics({ reads }, lanes),
    stage,
    laneOf: ({ topic }) => laneOfTopic(topic),
    async handler(message) {
      const record = await sinkRecord(message, reads, codec);
      const rejected = await batcher.add(record, { delayMs: sink.batch.maxDelayMs, priority: 0 });
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
    async afterStop() {
      stopping.abort(new Error(`${stage} stops`));
      await sink.close();
    },
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
