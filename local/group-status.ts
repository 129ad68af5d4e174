import { withAdmin } from '../runtime/kafka/admin.js';
import { callbacksGroup, callbackSources } from '../runtime/kafka/callbacks-worker.js';
import { jobResultsGroup, outcomeTopics } from '../runtime/kafka/job-results-worker.js';
import { jobStateGroup, jobStateTopics } from '../runtime/kafka/job-state-worker.js';
import { fetchLag, totalLag } from '../runtime/kafka/lag.js';
import type { WorkerServices } from '../runtime/kafka/services.js';
import { sinkGroup } from '../runtime/kafka/sink-worker.js';
import { topics } from '../schemas/topics.js';
import { sinkCatalogue } from '../sinks/catalogue.js';
import { modelQueueOf } from '../topology/model-queue.js';
import type { Topology } from '../topology/topology.js';

/** A consumer group that a deployment has. */
export interface Group {
  readonly group: string;
  readonly topics: readonly string[];
}

export interface GroupStatus {
  readonly group: string;
  /** Records that it has not read. */
  readonly lag: number;
  /** Processes that have joined it. */
  readonly workers: number;
}

/** @param options.jobs whether the deployment keeps jobs, for which it needs a Redis */
export function groupsOf(topology: Topology, options: { readonly jobs: boolean }): Group[] {
  const { plans, lanes } = topology;
  const models = modelQueueOf(topology);
  const jobs = [
    { group: jobResultsGroup, topics: outcomeTopics(lanes) },
    { group: jobStateGroup, topics: jobStateTopics },
    { group: callbacksGroup, topics: callbackSources },
  ];
  return [
    ...[...plans, ...(models ? [models] : [])].map(({ group, input }) => ({ group, topics: [input] })),
    ...(options.jobs ? jobs : []),
    ...sinkCatalogue.map(({ name }) => ({ group: sinkGroup(name), topics: lanes.map((lane) => topics.imageTags(lane.name)) })),
  ];
}

export async function groupStatus(kafka: WorkerServices['kafka'], groups: readonly Group[]): Promise<GroupStatus[]> {
  return withAdmin(kafka, async (admin) => {
    const { groups: described } = await admin.describeGroups(groups.map(({ group }) => group));
    const workers = new Map(described.map(({ groupId, members }) => [groupId, members.length]));
    const statuses = groups.map(async ({ group, topics: read }) => ({ group, lag: totalLag(await fetchLag(admin, group, read)), workers: workers.get(group) ?? 0 }));
    return Promise.all(statuses);
  });
}
