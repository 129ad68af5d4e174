import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import { sleep, systemClock, type Clock } from '../../primitives/clock.js';
import { until, type Backoff } from '../../primitives/until.js';
import { FanlightError } from '../../schemas/failure.js';
import { topics as names, type SchemaName } from '../../schemas/topics.js';
import { callbackDeliveries } from '../../topology/callbacks.js';
import type { Lane } from '../../topology/lanes.js';
import { modelQueueOf, type ModelQueue } from '../../topology/model-queue.js';
import type { Topology } from '../../topology/topology.js';

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** Infinity: as long as the topic. */
  readonly retentionMs: number;
  /** Keeps the last record of each key. */
  readonly compacted?: boolean;
  /** Null for topics that keep the bytes of others (retries, dead letters, cancelled images, returned callbacks). */
  readonly schema: SchemaName | null;
}

/** Largest record batch of a topic, bytes: a full producer request of one partition and room to spare. */
const maxMessageBytes = 16 * 2 ** 20;

/** Every topic that the topology needs. */
export function topicSpecs(topology: Topology): TopicSpec[] {
  const models = modelQueueOf(topology);
  return [...topology.lanes.flatMap(laneTopics), ...(models ? modelTopics(models) : []), ...controlTopics, ...callbackTopics()];

  function laneTopics(lane: Lane): TopicSpec[] {
    const { partitions, retentionMs } = lane;
    const events = names.listingImages(lane.name);
    const queues = topology.plans
      .filter((plan) => plan.lane === lane && plan.input !== events)
      .map((plan) => ({ name: plan.input, partitions: plan.partitions, retentionMs, schema: plan.first ? ('listing-image' as const) : ('image-task' as const) }));
    return [
      { name: events, partitions, retentionMs, schema: 'listing-image' as const },
      ...queues,
      { name: names.imageTags(lane.name), partitions, retentionMs, schema: 'image-tags' as const },
      ...lane.retryDelays.map((delay) => ({ name: names.retry(lane.name, delay), partitions: 1, retentionMs, schema: null })),
      { name: names.deadLetters(lane.name), partitions: 1, retentionMs: 4 * retentionMs, schema: null },
      { name: names.cancelledImages(lane.name), partitions: 1, retentionMs, schema: null },
    ];
  }
}

function callbackTopics(): TopicSpec[] {
  const { name: lane, retryDelays, partitions, retentionMs } = callbackDeliveries;
  return [
    { name: names.callbacks, partitions, retentionMs, schema: null },
    ...retryDelays.map((delay) => ({ name: names.retry(lane, delay), partitions: 1, retentionMs, schema: null })),
    { name: names.deadLetters(lane), partitions: 1, retentionMs, schema: null },
  ];
}

function modelTopics({ lane: { partitions, retentionMs }, input, output }: ModelQueue): TopicSpec[] {
  return [
    { name: input, partitions, retentionMs, schema: 'model-input' },
    { name: output, partitions, retentionMs, schema: 'model-output' },
  ];
}

const day = 86_400_000;

/** Whatever the lane. */
const controlTopics: readonly TopicSpec[] = [
  { name: names.jobs, partitions: 1, retentionMs: 30 * day, compacted: true, schema: 'job' },
  { name: names.jobProgress, partitions: 4, retentionMs: 30 * day, schema: 'job-progress' },
  { name: names.modelCommands, partitions: 1, retentionMs: Infinity, compacted: true, schema: 'model-command' },
  { name: names.workerModels, partitions: 1, retentionMs: day, compacted: true, schema: 'worker-models' },
  { name: names.shadowAnswers, partitions: 1, retentionMs: 7 * day, schema: 'shadow-answer' },
];

/** Creates what is missing and refuses a topic with fewer partitions than the topology wants. */
export async function ensureTopics(kafka: Kafka, topology: Topology, replicationFactor: number): Promise<void> {
  const specs = topicSpecs(topology);
  await withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = specs.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) {
      await createTopics(admin, missing.map((spec) => topicConfig(spec, replicationFactor)));
    }
    const present = specs.filter(({ name }) => existing.has(name));
    if (present.length === 0) return;
    const { topics } = await admin.fetchTopicMetadata({ topics: present.map(({ name }) => name) });
    const narrow = present.filter((spec) => (topics.find(({ name }) => name === spec.name)?.partitions.length ?? 0) < spec.partitions);
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
 * Resolves when the topics can be written to. By itself, kafkajs stops waiting where the broker has not heard yet of what
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
      { name: 'cleanup.policy', value: compacted ? (retentionMs === Infinity ? 'compact' : 'compact,delete') : 'delete' },
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
const coordinatorIsComing = new Set(['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS']);
const coordinatorPatienceMs = 60_000;
const coordinatorBackoff: Backoff = { baseMs: 250, maxMs: 250, jitter: 0 };

/** `withAdmin` for what asks about groups: kafkajs does not wait for their coordinator. `use` may run several times. */
export async function withGroups<T>(kafka: Kafka, use: (admin: Admin) => Promise<T>, clock: Clock = systemClock): Promise<T> {
  const giveUpAt = clock.now() + coordinatorPatienceMs;
  const isFinal = (error: unknown) =>
    !coordinatorIsComing.has((error as { type?: string }).type ?? '') || clock.now() >= giveUpAt;
  return withAdmin(kafka, (admin) =>
    until(() => use(admin), { clock, random: () => 1, backoff: coordinatorBackoff, giveUp: isFinal }),
  );
}
