import { EventEmitter } from 'node:events';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';

type Handler = (payload: EachBatchPayload) => Promise<void>;

/**
 * A Kafka client without a broker. Consumers join their group when they run. Records arrive when the test delivers
 * them, and an offset is committed when the test settles the commit.
 */
export function fakeKafka({ deleteGroups = () => Promise.resolve() }: { deleteGroups?(): Promise<void> } = {}) {
  let deliver: Handler | undefined;
  const commits: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  function consumer(): Consumer {
    const emitter = new EventEmitter();
    const events = { GROUP_JOIN: 'join', REBALANCING: 'rebalancing', CRASH: 'crash', FETCH: 'fetch' };
    const fake = {
      events,
      on: (name: string, listener: (event: unknown) => void) => emitter.on(name, listener),
      connect: () => Promise.resolve(),
      subscribe: () => Promise.resolve(),
      run: ({ eachBatch }: { readonly eachBatch: Handler }) => {
        deliver = eachBatch;
        emitter.emit(events.GROUP_JOIN, { payload: { memberAssignment: {} } });
        return Promise.resolve();
      },
      seek: () => undefined,
      commitOffsets: () => new Promise<void>((resolve, reject) => commits.push({ resolve, reject })),
      disconnect: () => Promise.resolve(),
    };
    return fake as unknown as Consumer;
  }

  const admin = () => ({
    connect: () => Promise.resolve(),
    disconnect: () => Promise.resolve(),
    fetchTopicOffsets: () => Promise.resolve([]),
    deleteGroups,
  });

  return {
    kafka: { consumer, admin } as unknown as Kafka,
    /** Commits that were requested, in order. */
    commits,
    /** Delivers one record to the consumer that joined last. */
    async deliver(topic: string, offset: bigint): Promise<void> {
      const value = Buffer.from('value');
      const record = { key: null, value, timestamp: '0', attributes: 0, offset: String(offset), headers: {} };
      await deliver?.({
        batch: { topic, partition: 0, messages: [record as KafkaMessage], lastOffset: () => String(offset) },
        resolveOffset: () => undefined,
        heartbeat: () => Promise.resolve(),
        isRunning: () => true,
        isStale: () => false,
      } as unknown as EachBatchPayload);
    },
  };
}
