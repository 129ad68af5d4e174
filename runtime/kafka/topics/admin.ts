import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import { sleep, systemClock, type Clock } from '../../../primitives/clock.js';
import { until, type Backoff } from '../../../primitives/retry-loop.js';
import { FanlightError } from '../../../schemas/failure.js';
import { topicSpecs, type TopicSpec } from '../../../topology/topics.js';
import type { Topology } from '../../../topology/topology.js';
import { rootCause } from '../client/broker-error.js';
import { brokerTimeEntry, letBrokerStamp } from './broker-time.js';

/** Upper bound of a record batch (bytes): a full producer request for a single partition, with room to spare. */
const maxMessageBytes = 16 * 2 ** 20;

/**
 * Creates missing topics, and makes the broker stamp the events in existing ones. Throws `invalid-configuration` for a
 * topic with fewer partitions than the topology needs.
 */
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
    if (narrow.length > 0) throw tooFewPartitions(narrow);
    await letBrokerStamp(
      admin,
      present.filter(({ brokerTime }) => brokerTime).map(({ name }) => name),
    );
  });
}

function tooFewPartitions(narrow: readonly TopicSpec[]): FanlightError {
  return new FanlightError({
    code: 'invalid-configuration',
    message: `Topics have fewer partitions than the topology needs: ${narrow.map(({ name, partitions }) => `${name} (needs ${partitions})`).join(', ')}.`,
    remedy: 'Add partitions with kafka-topics --alter, or lower `partitions` of the lane in topology/lanes.ts.',
  });
}

const pollEveryMs = 100;
const maxPolls = 300;

/**
 * Creates topics, and resolves once producers can write to them. kafkajs itself stops waiting when a broker does not
 * know yet about the topics that its controller has just created.
 */
export async function createTopics(admin: Admin, topics: ITopicConfig[]): Promise<void> {
  await admin.createTopics({ waitForLeaders: false, topics });
  const wanted = topics.map(({ topic }) => topic);
  for (let polls = 1; ; polls += 1) {
    const existing = new Set(await admin.listTopics());
    const missing = wanted.filter((topic) => !existing.has(topic));
    if (missing.length === 0) break;
    if (polls === maxPolls) throw neverAppeared(missing);
    await sleep(systemClock, pollEveryMs);
  }
  await admin.fetchTopicMetadata({ topics: wanted });
}

function neverAppeared(missing: readonly string[]): FanlightError {
  return new FanlightError({
    code: 'store-unavailable',
    message: `Topics are still missing ${(maxPolls * pollEveryMs) / 1_000} s after the brokers created them: ${missing.join(', ')}.`,
    remedy: 'Read the log of the controller, then start again.',
  });
}

function topicConfig(spec: TopicSpec, replicationFactor: number): ITopicConfig {
  const { name, partitions, retentionMs, compacted, brokerTime } = spec;
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
      ...(brokerTime ? [{ ...brokerTimeEntry }] : []),
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

/** Errors of a broker that has just started: it loads the committed offsets of groups, or leads no partition yet. */
const starting = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
]);
const startPatienceMs = 60_000;
const startBackoff: Backoff = { baseMs: 250, maxMs: 250, jitter: 0 };

/**
 * `withAdmin` for requests about groups and offsets. It waits for coordinators and leaders, which kafkajs does not.
 * `use` may run several times.
 */
export async function withPatientAdmin<T>(
  kafka: Kafka,
  use: (admin: Admin) => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const giveUpAt = clock.now() + startPatienceMs;
  const isFinal = (error: unknown) => !starting.has(rootCause(error).type ?? '') || clock.now() >= giveUpAt;
  return withAdmin(kafka, (admin) =>
    until(() => use(admin), { clock, random: () => 1, backoff: startBackoff, giveUp: isFinal }),
  );
}
