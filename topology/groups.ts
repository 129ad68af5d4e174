import type { FailureLane, LaneName } from '../schemas/lanes.js';
import { topics } from '../schemas/topics.js';
import { callbackDeliveries } from './callbacks.js';
import type { Lane } from './lanes.js';
import { modelQueueOf } from './model-queue.js';
import { topicSpecs } from './topics.js';
import { dedicatedQueueOf, type Topology } from './topology.js';

/** A consumer group of a deployment. */
export interface ConsumerGroup {
  readonly name: string;
  /** The worker that joins it: `fanlight worker <role>`. */
  readonly role: string;
  readonly topics: readonly string[];
  /** Null: the group reads the records of all lanes. */
  readonly lane: FailureLane | null;
  /** Name of the dedicated queue that it reads; null: none. */
  readonly queue: string | null;
  /** Upper bound of workers that get a partition. Further workers would be idle. */
  readonly mostWorkers: number;
  /** Whether the group works for jobs. A deployment without a Redis has no jobs. */
  readonly forJobs: boolean;
}

export const jobResultsGroup = 'fanlight.jobs';
export const jobStateGroup = 'fanlight.job-state';
export const callbacksGroup = 'fanlight.callbacks';

/** Name of the group that feeds a sink. */
export function sinkGroup(sink: string): string {
  return `fanlight.${sinkRole(sink)}`;
}

export function sinkRole(sink: string): string {
  return `sink-${sink}`;
}

/** Name of the group that reads a retry topic. */
export function retryGroup(topic: string): string {
  return `fanlight.${topic}`;
}

export function isRetryGroup(group: string): boolean {
  return group.startsWith(retryGroup('retry-'));
}

/** Topics whose records say how the processing of an image ended. */
export function outcomeTopics(lanes: readonly Pick<Lane, 'name'>[]): string[] {
  return lanes.flatMap(({ name }) => [topics.imageTags(name), topics.deadLetters(name), topics.cancelledImages(name)]);
}

export const jobStateTopics = [topics.jobs, topics.jobProgress] as const;
export const callbackSources = [topics.jobProgress, topics.callbacks] as const;

/** Topics with the tag results of all lanes. Sinks read them. */
export function resultTopics(lanes: readonly Pick<Lane, 'name'>[]): string[] {
  return lanes.map(({ name }) => topics.imageTags(name));
}

/**
 * Returns every consumer group that a deployment can have, in the order in which a record meets them. A deployment
 * without a Redis lacks the groups that work for jobs.
 *
 * @param sinks names of the sinks
 */
export function consumerGroups(topology: Topology, sinks: readonly string[]): readonly ConsumerGroup[] {
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
      .map((plan) => group(plan.group, plan.stage, [plan.input], { lane: name, queue: dedicatedQueueOf(plan) })),
    ...(models?.lane.name === name ? [group(models.group, models.worker, [models.input], { lane: name })] : []),
    ...retries('retry', name, lanes.find((lane) => lane.name === name)?.retryDelays ?? []),
  ];
  return [
    ...lanes.flatMap(({ name }) => ofLane(name)),
    group(jobResultsGroup, 'jobs', outcomeTopics(lanes), { forJobs: true }),
    group(jobStateGroup, 'jobs', jobStateTopics, { forJobs: true }),
    group(callbacksGroup, 'callbacks', callbackSources, { forJobs: true }),
    ...retries('callbacks', callbackDeliveries.name, callbackDeliveries.retryDelays, { forJobs: true }),
    ...sinks.map((sink) => group(sinkGroup(sink), sinkRole(sink), resultTopics(lanes))),
  ];
}
