import type { Broker, Caller } from './broker.js';
import type { createFetches } from './fetches.js';
import { machineOf } from './connection.js';
import type { JoinRequest, SyncRequest } from './group.js';
import { protocolError } from './protocol-errors.js';

interface Partition {
  readonly partition: number;
}
interface Topic<P extends Partition = Partition> {
  readonly topic: string;
  readonly partitions: readonly P[];
}
interface OfMember {
  readonly groupId: string;
  readonly memberId: string;
  readonly groupGenerationId: number;
}
interface ProducedMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface ProduceRequest {
  readonly topicData: readonly Topic<Partition & { readonly messages: readonly ProducedMessage[] }>[];
}

export function recordsIn(topicData: ProduceRequest['topicData']): number {
  return topicData.flatMap(({ partitions }) => partitions).reduce((sum, { messages }) => sum + messages.length, 0);
}

const node = { nodeId: '0', host: 'broker', port: 9092, rack: null };

/** Requests that the broker answers, with the shapes of kafkajs (`protocol/requests`). */
export type Apis = ReturnType<typeof answerTo>;

export function answerTo(server: Broker, fetches: ReturnType<typeof createFetches>) {
  const { logs, scheduler } = server.options;

  return {
    apiVersions: (_: unknown, { respond }: Caller) => respond({ answer: { apiVersions: [] } }),

    metadata(request: unknown, { respond }: Caller) {
      const { topics } = request as { readonly topics: readonly string[] };
      const topicMetadata = topics.map((topic) => ({
        topicErrorCode: 0,
        topic,
        partitionMetadata: logs.partitionsOf(topic).map((_, partitionId) => ({
          ...{ partitionErrorCode: 0, partitionId, leader: 0, replicas: [0], isr: [0], offlineReplicas: [] },
        })),
      }));
      respond({ answer: { brokers: [node], clusterId: 'simulation', controllerId: 0, topicMetadata } });
    },

    findGroupCoordinator: (_: unknown, { respond }: Caller) => respond({ answer: { coordinator: node } }),

    joinGroup(request: unknown, { connection, respond }: Caller) {
      const join = request as JoinRequest;
      const group = server.group(join.groupId);
      const { client } = connection;
      const memberId = group.join(join, machineOf(client.owner), (outcome) => {
        if (connection.open) respond(outcome);
      });
      if (memberId !== undefined) client.joined = { group: join.groupId, memberId };
    },

    syncGroup(request: unknown, { respond }: Caller) {
      const sync = request as SyncRequest;
      server.group(sync.groupId).sync(sync, respond);
    },

    heartbeat(request: unknown, { respond }: Caller) {
      const { groupId, memberId, groupGenerationId } = request as OfMember;
      server.group(groupId).heartbeat(memberId, groupGenerationId, respond);
    },

    leaveGroup(request: unknown, { respond }: Caller) {
      const { groupId, memberId } = request as OfMember;
      server.group(groupId).leave(memberId, respond);
    },

    offsetCommit(request: unknown, { respond }: Caller) {
      const { groupId, memberId, groupGenerationId, topics } = request as OfMember & {
        readonly topics: readonly Topic<Partition & { readonly offset: unknown }>[];
      };
      const group = server.group(groupId);
      if (!group.mayCommit(memberId, groupGenerationId, respond)) return;
      for (const { topic, partitions } of topics) {
        for (const { partition, offset } of partitions) {
          group.committed.set(`${topic}/${partition}`, Number(String(offset)));
          scheduler.trace.add(`${groupId} commits ${topic}/${partition} ${String(offset)} by ${memberId}`);
          server.options.onCommit(group, topic, partition, Number(String(offset)));
        }
      }
      respond({ answer: {} });
    },

    offsetFetch(request: unknown, { respond }: Caller) {
      const { groupId, topics } = request as OfMember & { readonly topics: readonly Topic[] };
      const { committed } = server.group(groupId);
      const responses = topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => ({
          ...{ partition, metadata: '', errorCode: 0 },
          offset: String(committed.get(`${topic}/${partition}`) ?? -1),
        })),
      }));
      respond({ answer: { responses } });
    },

    listOffsets(request: unknown, { respond }: Caller) {
      const { topics } = request as { readonly topics: readonly Topic<Partition & { readonly timestamp: unknown }>[] };
      const responses = topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, timestamp }) => ({
          ...{ partition, errorCode: 0, timestamp: '-1' },
          offset: Number(timestamp) === -2 ? '0' : String(logs.partitionsOf(topic)[partition]?.length ?? 0),
        })),
      }));
      respond({ answer: { responses } });
    },

    describeGroups(request: unknown, { respond }: Caller) {
      const { groupIds } = request as { readonly groupIds: readonly string[] };
      const groups = groupIds.map((groupId) => {
        const { state, memberIds } = server.group(groupId);
        return { errorCode: 0, groupId, state, members: memberIds.map((memberId) => ({ memberId })) };
      });
      respond({ answer: { groups } });
    },

    produce(request: unknown, { connection, respond }: Caller) {
      const { topicData } = request as ProduceRequest;
      const { failingWrites } = server;
      const isFailing = failingWrites > 0 && server.options.random() < failingWrites;
      const failure = { error: protocolError('UNKNOWN') };
      if (isFailing && server.options.random() < 0.5) return respond(failure);
      for (const { topic, partitions } of topicData) {
        for (const { partition, messages } of partitions) {
          for (const { key, value, headers = {} } of messages)
            logs.append(topic, partition, { key, value, headers, timestamp: Math.floor(scheduler.now) });
          scheduler.trace.add(
            `${machineOf(connection.client.owner)} writes ${messages.length} to ${topic}/${partition}`,
          );
        }
      }
      server.options.onProduced(recordsIn(topicData));
      fetches.wake();
      if (isFailing) return respond(failure);
      const topics = topicData.map(({ topic, partitions }) => ({
        topicName: topic,
        partitions: partitions.map(({ partition }) => ({ partition, errorCode: 0, baseOffset: '0' })),
      }));
      respond({ answer: { topics } });
    },

    fetch: fetches.fetch,
  };
}
