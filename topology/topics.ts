import { topics as names, type SchemaName } from '../schemas/topics.js';
import { callbackDeliveries } from './callbacks.js';
import type { Lane } from './lanes.js';
import { modelQueueOf, type ModelQueue } from './model-queue.js';
import type { Topology } from './topology.js';

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** Retention (ms). Infinity: records stay as long as the topic exists. */
  readonly retentionMs: number;
  /** Whether the broker keeps only the last record of each key. */
  readonly compacted?: boolean;
  /** Whether the broker sets the timestamps of records. Default: their producer does. */
  readonly brokerTime?: boolean;
  /** Null for topics that keep the bytes of other topics (retries, dead letters, cancelled images, callbacks). */
  readonly schema: SchemaName | null;
}

/** Returns every topic that the topology needs. */
export function topicSpecs(topology: Topology): TopicSpec[] {
  const models = modelQueueOf(topology);
  return [
    ...topology.lanes.flatMap(laneTopics),
    ...(models ? modelTopics(models) : []),
    ...controlTopics,
    ...callbackTopics(),
  ];

  function laneTopics(lane: Lane): TopicSpec[] {
    const { partitions, retentionMs } = lane;
    const events = names.listingImages(lane.name);
    const queues = topology.plans
      .filter((plan) => plan.lane === lane && plan.input !== events)
      .map((plan) => ({
        name: plan.input,
        partitions: plan.partitions,
        retentionMs,
        schema: plan.kind === 'later' ? ('image-task' as const) : ('listing-image' as const),
      }));
    return [
      { name: events, partitions, retentionMs, brokerTime: true, schema: 'listing-image' as const },
      ...queues,
      { name: names.imageTags(lane.name), partitions, retentionMs, schema: 'image-tags' as const },
      ...lane.retryDelays.map((delay) => ({
        name: names.retry(lane.name, delay),
        partitions: 1,
        retentionMs,
        schema: null,
      })),
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

/** Topics that do not depend on lanes. */
const controlTopics: readonly TopicSpec[] = [
  { name: names.jobs, partitions: 1, retentionMs: 30 * day, compacted: true, schema: 'job' },
  { name: names.jobProgress, partitions: 4, retentionMs: 30 * day, schema: 'job-progress' },
  { name: names.modelCommands, partitions: 1, retentionMs: Infinity, compacted: true, schema: 'model-command' },
  { name: names.workerModels, partitions: 1, retentionMs: day, compacted: true, schema: 'worker-models' },
  { name: names.shadowAnswers, partitions: 1, retentionMs: 7 * day, schema: 'shadow-answer' },
];
