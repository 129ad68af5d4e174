import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import { sleep, systemClock, type Clock } from '../../../primitives/clock.js';
import { until, type Backoff } from '../../../primitives/retry-loop.js';
import { FanlightError } from '../../../schemas/failure.js';
import { topicSpecs, type TopicSpec } from '../../../topology/topics.js';
import type { Topology } from '../../../topology/topology.js';

/** Largest record batch of a topic, bytes: a full producer request of one partition and room to spare. */
const maxMessageBytes = 16 * 2 ** 20;

/** Creates what is missing and refuses a topic with fewer partitions than the topology wants. */
export async function ensureTopics(kafka: Kafka, topology: Topology, replicationFactor: number): Promise<void> {
  const specs = topicSpecs(topology);
  await withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = specs.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) {
      await createTopics(
        admin,
        missing.map((spec) => topicConfig(spec, replicationFactor)),
      );
    }
    const present = specs.filter(({ name }) => existing.has(name));
    if (present.length === 0) return;
    const { topics } = await admin.fetchTopicMetadata({ topics: present.map(({ name }) => name) });
    const narrow = present.filter(
      (spec) => (topics.find(({ name }) => name === spec.name)?.partitions.length ?? 0) < spec.partitions,
    );
    if (narrow.length === 0) return;
    throw new FanlightError({
      code: 'invalid-configuration',
      message: `Topics with fewer partitions than the topology wants: ${narrow.map(({ name, partitions }) => `${name} (wants ${partitions})`).join(', ')}.`,
      remedy: 'Add partitions with kafka-topics --alter, or lower `partitions` of the lane in topology/lanes.ts.',
    });
  });
}

const lookEveryMs = 100;
const mostLooks = 300;

/**
 * Resolves when the topics can be written to. By itself, kafkajs stops waiting where the broker has not heard yet of
 * what
 * its controller has just created.
 */
export async function createTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics });
  const wanted = topics.map(({ topic }) => topic);
  for (let looks = 1; ; looks += 1) {
    const existing = new Set(await admin.listTopics());
    const missing = wanted.filter((topic) => !existing.has(topic));
    if (missing.length === 0) break;
    if (looks === mostLooks) throw neverAppeared(missing);
    await sleep(systemClock, lookEveryMs);
  }
  await admin.fetchTopicMetadata({ topics: wanted });
}

function neverAppeared(missing: readonly string[]): FanlightError {
  return new FanlightError({
    code: 'store-unavailable',
    message: `The brokers created topics that are not there ${(mostLooks * lookEveryMs) / 1_000} s later: ${missing.join(', ')}.`,
    remedy: 'Look at the log of the controller, then start again.',
  });
}

function topicConfig({ name, partitions, retentionMs, compacted }: TopicSpec, replicationFactor: number): ITopicConfig {
  return {
    topic: name,
    numPartitions: partitions,
    replicationFactor,
    configEntries: [
      { name: 'retention.ms', value: String(retentionMs === Infinity ? -1 : retentionMs) },
      {
        name: 'cleanup.policy',
        value: compacted ? (retentionMs === Infinity ? 'compact' : 'compact,delete') : 'delete',
      },
      { name: 'max.message.bytes', value: String(maxMessageBytes) },
    ],
  };
}

export async function withAdmin<T>(kafka: Kafka, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

/** What a broker says of a group while it reads, after its start, what groups had committed. */
const coordinatorIsComing = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);
const coordinatorPatienceMs = 60_000;
const coordinatorBackoff: Backoff = { baseMs: 250, maxMs: 250, jitter: 0 };

/** `withAdmin` for what asks about groups: kafkajs does not wait for their coordinator. `use` may run several times. */
export async function withGroups<T>(
  kafka: Kafka,
  use: (admin: Admin) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const giveUpAt = clock.now() + coordinatorPatienceMs;
  const isFinal = (error: unknown) =>
    !coordinatorIsComing.has((error as { type?: string }).type ?? '') || clock.now() >= giveUpAt;
  return withAdmin(kafka, (admin) =>
    until(() => use(admin), { clock, random: () => 1, backoff: coordinatorBackoff, giveUp: isFinal }),
  );
}
