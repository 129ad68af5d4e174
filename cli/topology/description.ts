import type { Need } from '../../processors/operation.js';
import type { LaneName } from '../../schemas/lanes.js';
import { topics } from '../../schemas/topics.js';
import { sinkCatalogue } from '../../sinks/catalogue.js';
import type { DedicatedQueue } from '../../topology/dedicated-queues.js';
import type { AnySinkEntry } from '../../sinks/catalogue.js';
import { consumerGroups } from '../../processes/worker/groups.js';
import { retryGroup, sinkGroup, sinkTopics, type ConsumerGroup } from '../../topology/groups.js';
import type { Lane } from '../../topology/lanes.js';
import { fanlightTopology } from '../../topology/main.js';
import { modelQueueOf } from '../../topology/model-queue.js';
import type { PlacementName } from '../../topology/placements.js';
import type { PlacedPipeline } from '../../topology/placed-pipeline.js';
import { dedicatedQueueOf, type GroupPlan, type Topology } from '../../topology/topology.js';

/** An entry of the catalogue of sinks. */
export type DescribedSink = Pick<AnySinkEntry, 'name' | 'describe' | 'reads'>;

/** A topology as plain data: the JSON of `fanlight topology --json` and the source of its text and graph. */
export interface TopologyDescription {
  readonly defaultPipeline: string;
  readonly lanes: readonly LaneDescription[];
  readonly pipelines: readonly PipelineDescription[];
  readonly sinks: readonly {
    readonly name: string;
    readonly describe: string;
    readonly group: string;
    readonly reads: readonly string[];
  }[];
  /** Every consumer group, with the worker that joins it. */
  readonly groups: readonly ConsumerGroup[];
}

export interface LaneDescription {
  readonly name: LaneName;
  readonly priority: number;
  readonly batchDelayMs: number;
  readonly deadlineMs: number | null;
  readonly partitions: number;
  readonly retentionMs: number;
  readonly events: string;
  readonly groups: readonly GroupDescription[];
  readonly results: string;
  /** Queue of tensors without a photo; absent in lanes without one. */
  readonly models?: { readonly group: string; readonly input: string; readonly output: string };
  readonly retries: readonly { readonly delay: string; readonly topic: string; readonly group: string }[];
  readonly deadLetters: string;
}

/** A consumer group: one stage or several fused stages; without members, the share group of a lane. */
export interface GroupDescription {
  readonly stage: string;
  /** Name of the dedicated queue that it reads; null: none. */
  readonly queue: string | null;
  readonly group: string;
  readonly input: string;
  readonly partitions: number;
  /** Topic to which its records return for a retry. */
  readonly returnTo: string;
  /** Topics that the group may write to. */
  readonly outputs: readonly string[];
  readonly members: readonly { readonly stage: string; readonly needs: Need; readonly operations: readonly string[] }[];
}

export interface PipelineDescription {
  readonly id: string;
  readonly result: string;
  readonly models: readonly string[];
  readonly nodes: readonly {
    readonly name: string;
    readonly operation: string;
    readonly needs: Need;
    readonly stage: string;
    readonly from: Readonly<Record<string, string>>;
  }[];
}

/** Describes a topology together with the sinks of Fanlight. */
export function fanlightDescription(
  placement: PlacementName,
  dedicated: readonly DedicatedQueue[] = [],
): TopologyDescription {
  const topology = fanlightTopology(placement, dedicated);
  return describeTopology(topology, sinkCatalogue, consumerGroups(topology));
}

export function describeTopology(
  topology: Topology,
  sinks: readonly DescribedSink[],
  groups: readonly ConsumerGroup[],
): TopologyDescription {
  return {
    defaultPipeline: topology.defaultPipeline,
    lanes: topology.lanes.map((lane) => describeLane(lane, topology)),
    pipelines: [...topology.pipelines.values()].map(describePipeline),
    sinks: sinks.map((sink) => ({
      name: sink.name,
      describe: sink.describe,
      group: sinkGroup(sink.name),
      reads: sinkTopics(sink, topology.lanes),
    })),
    groups,
  };
}

function describeLane(lane: Lane, topology: Topology): LaneDescription {
  const { name, priority, batchDelayMs, deadlineMs, partitions, retentionMs } = lane;
  const models = modelQueueOf(topology);
  return {
    name,
    priority,
    batchDelayMs,
    deadlineMs,
    partitions,
    retentionMs,
    events: topics.listingImages(name),
    groups: topology.plans.filter((plan) => plan.lane.name === name).map((plan) => describeGroup(plan, topology)),
    results: topics.imageTags(name),
    ...(models?.lane === lane ? { models: { group: models.group, input: models.input, output: models.output } } : {}),
    retries: lane.retryDelays.map((delay) => ({
      delay,
      topic: topics.retry(name, delay),
      group: retryGroup(topics.retry(name, delay)),
    })),
    deadLetters: topics.deadLetters(name),
  };
}

function describeGroup(plan: GroupPlan, topology: Topology): GroupDescription {
  const { stage, group, input, partitions, returnTo, outputs } = plan;
  const members = plan.kind === 'share' ? [] : plan.members;
  const nodes = [...topology.pipelines.values()].flatMap((pipeline) => pipeline.nodes);
  return {
    stage,
    queue: dedicatedQueueOf(plan),
    group,
    input,
    partitions,
    returnTo,
    outputs,
    members: topology.stages
      .filter(({ name }) => members.includes(name))
      .map(({ name, needs }) => ({
        stage: name,
        needs,
        operations: [...new Set(nodes.filter((node) => node.stage === name).map((node) => node.operation.name))],
      })),
  };
}

function describePipeline({ id, result, models, nodes }: PlacedPipeline): PipelineDescription {
  return {
    id,
    result,
    models,
    nodes: nodes.map(({ name, operation, stage, from }) => ({
      name,
      operation: operation.name,
      needs: operation.needs,
      stage,
      from,
    })),
  };
}
