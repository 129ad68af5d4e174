import type { ImageTags } from '../../schemas/events.js';
import { headers } from '../../schemas/headers.js';
import { imageTagsId } from '../../schemas/ids.js';
import type { Sink, TagRecord } from '../../sinks/sink.js';
import { laneOfTopic, resultTopics, sinkGroup, sinkRole } from '../../topology/groups.js';
import type { Lane } from '../../topology/lanes.js';
import type { RecordConsumption } from '../consumption/consumption.js';
import type { Codec } from '../records/codec.js';
import type { Message } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import { createSinkBatcher } from './sink-batch.js';

/** Feeds a sink from the tag results of the lanes. Opens the sink. */
export async function sinkConsumption(
  sink: Sink,
  lanes: readonly Lane[],
  { clock, codec, logger, metrics, random }: WorkerServices,
): Promise<RecordConsumption> {
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

  return {
    kind: 'records',
    group: sinkGroup(sink.name),
    topics: resultTopics(lanes),
    stage,
    laneOf: ({ topic }) => laneOfTopic(topic),
    async handler(message) {
      const record = await tagRecord(message, codec);
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

async function tagRecord(message: Message, codec: Codec): Promise<TagRecord> {
  const tags = (await codec.decode('image-tags', message.value)) as ImageTags;
  const { topic, partition, offset } = message;
  return { id: message.headers[headers.ceId] ?? imageTagsId(tags), tags, topic, partition, offset: String(offset) };
}
