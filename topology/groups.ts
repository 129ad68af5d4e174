import { isFailureLane, type FailureLane } from '../schemas/lanes.js';
import type { TopicFamily } from '../schemas/topic-family.js';
import { topics } from '../schemas/topics.js';
import type { Lane } from './lanes.js';
import { topicSpecs } from './topics.js';
import type { Topology } from './topology.js';

/** A consumer group of a deployment. Roles declare theirs; `processes/worker/groups.ts` has the whole list. */
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

/** A group as its role declares it. */
export type GroupDeclaration = Pick<ConsumerGroup, 'name' | 'role' | 'topics'> &
  Partial<Pick<ConsumerGroup, 'lane' | 'queue' | 'forJobs'>>;

/** Completes declarations: the partitions of the topics bound the workers of a group. */
export function completeGroups(topology: Topology, declarations: readonly GroupDeclaration[]): ConsumerGroup[] {
  const partitions = new Map(topicSpecs(topology).map((spec) => [spec.name, spec.partitions]));
  return declarations.map((declaration) => ({
    lane: null,
    queue: null,
    forJobs: false,
    mostWorkers: declaration.topics.reduce((sum, topic) => sum + (partitions.get(topic) ?? 0), 0),
    ...declaration,
  }));
}

/** The groups that read the retry topics of a lane. */
export function retryGroups(
  role: string,
  lane: { readonly name: FailureLane; readonly retryDelays: readonly string[] },
): GroupDeclaration[] {
  return lane.retryDelays.map((delay) => {
    const topic = topics.retry(lane.name, delay);
    return { name: retryGroup(topic), role, topics: [topic], lane: lane.name };
  });
}

export const jobResultsGroup = 'fanlight.jobs';
export const jobStateGroup = 'fanlight.job-state';
export const callbacksGroup = 'fanlight.callbacks';

/** Name of the group that feeds a sink. */
export function sinkGroup(sink: string): string {
  return `fanlight.${sinkRoleName(sink)}`;
}

export function sinkRoleName(sink: string): string {
  return `sink-${sink}`;
}

/** Name of the group that reads a retry topic. */
export function retryGroup(topic: string): string {
  return `fanlight.${topic}`;
}

export function isRetryGroup(group: string): boolean {
  return group.startsWith(retryGroup('retry-'));
}

/** Lane of a topic that has the lane as the last part of its name. */
export function laneOfTopic(topic: string): FailureLane {
  const name = topic.slice(topic.lastIndexOf('.') + 1);
  if (isFailureLane(name)) return name;
  throw new Error(`the topic ${topic} belongs to no lane`);
}

/** Topics whose records say how the processing of an image ended. */
export function outcomeTopics(lanes: readonly Pick<Lane, 'name'>[]): string[] {
  return lanes.flatMap(({ name }) => [topics.imageTags(name), topics.deadLetters(name), topics.cancelledImages(name)]);
}

export const jobStateTopics = [topics.jobs, topics.jobProgress] as const;
export const callbackSources = [topics.jobProgress, topics.callbacks] as const;

/** Topics that a sink reads: those of its family in all lanes. */
export function sinkTopics(
  { reads }: { readonly reads: Pick<TopicFamily<unknown>, 'topic'> },
  lanes: readonly Pick<Lane, 'name'>[],
): string[] {
  return lanes.map(({ name }) => reads.topic(name));
}
