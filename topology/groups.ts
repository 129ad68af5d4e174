import type { FailureLane, LaneName } from '../schemas/lanes.js';
import type { TopicFamily } from '../schemas/topic-family.js';
import { topics } from '../schemas/topics.js';
import { callbackDeliveries } from './callbacks.js';
import type { Lane } from './lanes.js';
import { modelQueueOf } from './model-queue.js';
import { topicSpecs } from './topics.js';
import type { Topology } from './topology.js';

/** A consumer group of a deployment. */
export interface ConsumerGroup {
  readonly name: string;
  /** The worker that joins it: `fanlight worker <role>`. */
  readonly role: string;
  readonly topics: readonly string[];
  /** Null: the records of all lanes. */
  readonly lane: FailureLane | null;
  /** The dedicated queue that it reads; null: none. */
  readonly queue: string | null;
  /** Workers that get a partition; more of them would stand idle. */
  readonly mostWorkers: number;
  /** Whether the group works for jobs, which a deployment without a Redis does not have. */
  readonly forJobs: boolean;
}

export const jobResultsGroup = 'fanlight.jobs';
export const jobStateGroup = 'fanlight.job-state';
export const callbacksGroup = 'fanlight.callbacks';

/** The group that feeds a sink. */
export function sinkGroup(sink: string): string {
  return `fanlight.${sinkRole(sink)}`;
}

export function sinkRole(sink: string): string {
  return `sink-${sink}`;
}

/** The group that reads a retry topic. */
export function retryGroup(topic: string): string {
  return `fanlight.${topic}`;
}

export function isRetryGroup(group: string): boolean {
  return group.startsWith(retryGroup('retry-'));
}

/** Topics that tell what became of images. */
export function outcomeTopics(lanes: readonly Pick<Lane, 'name'>[]): string[] {
  return lanes.flatMap(({ name }) => [topics.imageTags(name), topics.deadLetters(name), topics.cancelledImages(name)]);
}

export const jobStateTopics = [topics.jobs, topics.jobProgress] as const;
export const callbackSources = [topics.jobProgress, topics.callbacks] as const;

/** A sink of the catalogue, as far as its group depends on it. */
export interface FedSink {
  readonly name: string;
  readonly reads: Pick<TopicFamily<unknown>, 'topic'>;
}

/** Topics that a sink reads: those of its family in all lanes. */
export function sinkTopics({ reads }: Pick<FedSink, 'reads'>, lanes: readonly Pick<Lane, 'name'>[]): string[] {
  return lanes.map(({ name }) => reads.topic(name));
}

/**
 * Every consumer group that a deployment may have, in the order in which a record meets them. A deployment without a
 * Redis lacks those that work for jobs.
 */
export function consumerGroups(topology: Topology, sinks: readonly FedSink[]): readonly ConsumerGroup[] {
  const { lanes, plans } = topology;
  const partitions = new Map(topicSpecs(topology).map((spec) => [spec.name, spec.partitions]));
  const models = modelQueueOf(topology);
  const group = (
    name: string,
    role: string,
    read: readonly string[],
    more: Partial<ConsumerGroup> = {},
  ): ConsumerGroup => ({
    name,
    role,
    topics: read,
    lane: null,
    queue: null,
    mostWorkers: read.reduce((sum, topic) => sum + (partitions.get(topic) ?? 0), 0),
    forJobs: false,
    ...more,
  });
  const retries = (role: string, lane: FailureLane, delays: readonly string[], more: Partial<ConsumerGroup> = {}) =>
    delays
      .map((delay) => topics.retry(lane, delay))
      .map((topic) => group(retryGroup(topic), role, [topic], { lane, ...more }));
  const ofLane = (name: LaneName) => [
    ...plans
      .filter(({ lane }) => lane.name === name)
      .map((plan) => group(plan.group, plan.stage, [plan.input], { lane: name, queue: plan.queue })),
    ...(models?.lane.name === name ? [group(models.group, models.worker, [models.input], { lane: name })] : []),
    ...retries('retry', name, lanes.find((lane) => lane.name === name)?.retryDelays ?? []),
  ];
  return [
    ...lanes.flatMap(({ name }) => ofLane(name)),
    group(jobResultsGroup, 'jobs', outcomeTopics(lanes), { forJobs: true }),
    group(jobStateGroup, 'jobs', jobStateTopics, { forJobs: true }),
    group(callbacksGroup, 'callbacks', callbackSources, { forJobs: true }),
    ...retries('callbacks', callbackDeliveries.name, callbackDeliveries.retryDelays, { forJobs: true }),
    ...sinks.map((sink) => group(sinkGroup(sink.name), sinkRole(sink.name), sinkTopics(sink, lanes))),
  ];
}
