import { topics } from '../schemas/topics.js';
import { findProblems } from './check.js';
import type { TopologyDeclaration } from './declaration.js';
import type { DedicatedQueue } from './dedicated.js';
import type { Lane } from './lanes.js';
import { placePipeline, type PlacedPipeline } from './place-pipeline.js';
import { onwardFrom } from './route.js';
import type { Shares } from './shares.js';
import type { Stage } from './stages.js';

/** Everything that runs, as data: workers, the driver, `fanlight topology` and the docs all read this one object. */
export interface Topology {
  readonly pipelines: ReadonlyMap<string, PlacedPipeline>;
  readonly defaultPipeline: string;
  readonly stages: readonly Stage[];
  readonly lanes: readonly Lane[];
  /** Those of clients and models; an event goes to the first that it belongs to. */
  readonly dedicated: readonly DedicatedQueue[];
  /** The consumer groups that process images, lane by lane, in the order in which an image passes them. */
  readonly plans: readonly StagePlan[];
}

/**
 * One consumer group: one stage, or several fused ones, in one lane; or the group that shares a lane among its clients.
 */
export interface StagePlan {
  /** Name of the first of the stages that were fused, whether or not a pipeline has work for it; or `share`. */
  readonly stage: string;
  readonly lane: Lane;
  /** Name of the dedicated queue that it belongs to; null: it works for all who have none. */
  readonly queue: string | null;
  /** The stages that run in it, in order: those that a pipeline has work for. None in `share`. */
  readonly members: readonly string[];
  readonly group: string;
  readonly input: string;
  /** Of its input. */
  readonly partitions: number;
  /** How clients share its input; null where it is first come, first served. */
  readonly shares: Shares | null;
  /** Where its records go back to when they are tried again or replayed. */
  readonly returnTo: string;
  /** Topics that a record may go to from here: the queues of later groups, and the results. */
  readonly outputs: readonly string[];
  /** Its records are events, and with it the work on them begins. */
  readonly first: boolean;
}

/**
 * The group in front of the first stage: it gives each client its part of the queue, or its own queue, and works on
 * nothing.
 */
export const shareStage = 'share';

/** Builds and checks the topology. Throws `invalid-configuration` with every problem found, not the first only. */
export function createTopology(declaration: TopologyDeclaration): Topology {
  findProblems(declaration);
  const { stages, lanes, defaultPipeline, dedicated = [] } = declaration;
  const pipelines = new Map(declaration.pipelines.map((pipeline) => [pipeline.id, placePipeline(pipeline, stages)]));
  const plans = lanes.flatMap((lane) => {
    const queues = dedicated.filter((queue) => queue.lane === lane.name);
    const isShared = lane.shares > 0 || queues.length > 0;
    const working = [null, ...queues].flatMap((queue) =>
      planQueue({ lane, queue, isShared, groups: cutLane(lane, declaration, pipelines) }, [...pipelines.values()]),
    );
    return isShared ? [sharePlan(lane, working), ...working] : working;
  });
  return { pipelines, defaultPipeline, stages, lanes, dedicated, plans };
}

/** The groups that a lane is cut into: those that a pipeline has work for. */
function cutLane({ name }: Lane, { stages, placement }: TopologyDeclaration, pipelines: Topology['pipelines']) {
  const used = new Set([...pipelines.values()].flatMap(({ nodes }) => nodes.map(({ stage }) => stage)));
  return fuse(stages, placement.fused[name])
    .map((names) => ({ stage: names[0] ?? '', members: names.filter((stage) => used.has(stage)) }))
    .filter(({ members }) => members.length > 0);
}

interface Queue {
  readonly lane: Lane;
  /** Null: the one for all who have none of their own. */
  readonly queue: DedicatedQueue | null;
  /** Its events come from the group `share`. */
  readonly isShared: boolean;
  readonly groups: readonly Pick<StagePlan, 'stage' | 'members'>[];
}

function planQueue({ lane, queue, isShared, groups }: Queue, pipelines: readonly PlacedPipeline[]): StagePlan[] {
  const events = topics.listingImages(lane.name);
  const name = queue?.name ?? null;
  // A client alone has nobody to share with.
  const shares =
    lane.shares === 0 || (queue && 'client' in queue.of) ? null : { rows: lane.shares, columns: lane.partitions };
  const inputs = groups.map(({ stage }, index) =>
    index === 0 && !isShared ? events : topics.queue(stage, lane.name, name),
  );
  return groups.map(({ stage, members }, index) => {
    const first = index === 0;
    const input = inputs[index] ?? '';
    return {
      stage,
      lane,
      queue: name,
      members,
      group: groupOf(topics.queue(stage, lane.name, name)),
      input,
      partitions: first && shares ? shares.rows * shares.columns : lane.partitions,
      shares: first ? shares : null,
      returnTo: first ? events : input,
      outputs: outputsOf(index),
      first,
    };
  });

  function outputsOf(position: number): string[] {
    const onward = pipelines.map((pipeline) => onwardFrom(pipeline, groups, position));
    const queues = inputs.filter((_, index) =>
      onward.some((onwards) => onwards.groups.some((group) => group === groups[index])),
    );
    return onward.some(({ finished }) => finished) ? [...queues, topics.imageTags(lane.name)] : queues;
  }
}

function sharePlan(lane: Lane, working: readonly StagePlan[]): StagePlan {
  const input = topics.listingImages(lane.name);
  return {
    stage: shareStage,
    lane,
    queue: null,
    members: [],
    group: groupOf(topics.queue(shareStage, lane.name)),
    input,
    partitions: lane.partitions,
    shares: null,
    returnTo: input,
    outputs: working.filter(({ first }) => first).map((plan) => plan.input),
    first: false,
  };
}

/** The groups of the same queue, in order. */
export function groupsOfQueue(
  { plans }: Topology,
  { lane, queue }: Pick<StagePlan, 'lane' | 'queue'>,
): readonly StagePlan[] {
  return plans.filter((plan) => plan.lane === lane && plan.queue === queue && plan.members.length > 0);
}

function fuse(stages: readonly Stage[], fused: readonly (readonly string[])[]): string[][] {
  const groups: string[][] = [];
  for (const { name } of stages) {
    const last = groups.at(-1)?.at(-1);
    const joined = fused.some(
      (neighbours) => last !== undefined && neighbours.includes(last) && neighbours.includes(name),
    );
    if (joined) groups.at(-1)?.push(name);
    else groups.push([name]);
  }
  return groups;
}

/** The group that reads a queue. */
export function groupOf(queue: string): string {
  return `fanlight.${queue}`;
}
