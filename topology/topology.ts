import { topics } from '../schemas/topics.js';
import { findProblems } from './declaration-checks.js';
import type { TopologyDeclaration } from './declaration.js';
import type { DedicatedQueue } from './dedicated-queues.js';
import type { Lane } from './lanes.js';
import { placePipeline, type PlacedPipeline } from './placed-pipeline.js';
import { onwardFrom } from './onward-route.js';
import type { Shares } from './shares.js';
import type { Stage } from './stages.js';

/** Everything that runs, as data: workers, the driver, `fanlight topology` and the docs all read this one object. */
export interface Topology {
  readonly pipelines: ReadonlyMap<string, PlacedPipeline>;
  readonly defaultPipeline: string;
  readonly stages: readonly Stage[];
  readonly lanes: readonly Lane[];
  /** Dedicated queues of clients and models. An event goes to the first queue that it belongs to. */
  readonly dedicated: readonly DedicatedQueue[];
  /** The consumer groups that process images, lane by lane, in the order in which an image passes them. */
  readonly plans: readonly GroupPlan[];
}

/** One consumer group that images pass through. */
export type GroupPlan = SharePlan | StagePlan;

/** A group that runs stages. The groups of a queue form a chain: an entry, then later groups. */
export type StagePlan = EntryPlan | LaterPlan;

interface Plan {
  readonly lane: Lane;
  readonly group: string;
  readonly input: string;
  /** Partitions of the input topic. */
  readonly partitions: number;
  /** Topic to which a record of this group returns for a retry or a replay. */
  readonly returnTo: string;
  /** Topics that the group may write to: queues of later groups, and the results. */
  readonly outputs: readonly string[];
}

/** The group in front of a lane's queues. It forwards each event to its queue and runs no stage. */
export interface SharePlan extends Plan {
  readonly kind: 'share';
  readonly stage: typeof shareStage;
}

interface WorkPlan extends Plan {
  /** Name of the first stage that was fused into the group, whether or not a pipeline has work for it. */
  readonly stage: string;
  /** Stages that run in the group, in order: those that a pipeline has work for. */
  readonly members: readonly string[];
  /** `common` serves the clients and models that have no dedicated queue. */
  readonly queue: 'common' | DedicatedQueue;
}

/** The first group of a queue. Its records are events: the work on them begins here. */
export interface EntryPlan extends WorkPlan {
  readonly kind: 'entry';
  /** Order of its records: FIFO, or the grid in which clients take turns. */
  readonly order: 'fifo' | Shares;
}

/** A group behind the entry. Its records are image tasks. */
export interface LaterPlan extends WorkPlan {
  readonly kind: 'later';
}

/** Name of the share group, where other groups have the name of a stage. */
export const shareStage = 'share';

/** Builds and checks the topology. Throws `invalid-configuration` that lists every problem. */
export function createTopology(declaration: TopologyDeclaration): Topology {
  findProblems(declaration);
  const { stages, lanes, defaultPipeline, dedicated = [] } = declaration;
  const pipelines = new Map(declaration.pipelines.map((pipeline) => [pipeline.id, placePipeline(pipeline, stages)]));
  const plans = lanes.flatMap((lane) => {
    const queues = dedicated.filter((queue) => queue.lane === lane.name);
    const isShared = lane.shares > 0 || queues.length > 0;
    const working = ['common' as const, ...queues].flatMap((queue) =>
      planQueue({ lane, queue, isShared, groups: cutLane(lane, declaration, pipelines) }, [...pipelines.values()]),
    );
    return isShared ? [sharePlan(lane, working), ...working] : working;
  });
  return { pipelines, defaultPipeline, stages, lanes, dedicated, plans };
}

/** Cuts a lane into groups of fused stages. Leaves out groups that no pipeline has work for. */
function cutLane({ name }: Lane, { stages, placement }: TopologyDeclaration, pipelines: Topology['pipelines']) {
  const used = new Set([...pipelines.values()].flatMap(({ nodes }) => nodes.map(({ stage }) => stage)));
  return fuse(stages, placement.fused[name])
    .map((names) => ({ stage: names[0] ?? '', members: names.filter((stage) => used.has(stage)) }))
    .filter(({ members }) => members.length > 0);
}

interface Queue {
  readonly lane: Lane;
  readonly queue: StagePlan['queue'];
  /** Whether the events come from the share group. */
  readonly isShared: boolean;
  readonly groups: readonly Pick<StagePlan, 'stage' | 'members'>[];
}

function planQueue({ lane, queue, isShared, groups }: Queue, pipelines: readonly PlacedPipeline[]): StagePlan[] {
  const events = topics.listingImages(lane.name);
  const name = queue === 'common' ? null : queue.name;
  // The dedicated queue of one client has no other client to share with.
  const isAlone = queue !== 'common' && 'client' in queue.of;
  const order = lane.shares === 0 || isAlone ? 'fifo' : { rows: lane.shares, columns: lane.partitions };
  const inputs = groups.map(({ stage }, index) =>
    index === 0 && !isShared ? events : topics.queue(stage, lane.name, name),
  );
  return groups.map(({ stage, members }, index) => {
    const input = inputs[index] ?? '';
    const group = groupOf(topics.queue(stage, lane.name, name));
    const work = { stage, lane, queue, members, group, input, outputs: outputsOf(index) };
    if (index > 0) return { kind: 'later', ...work, partitions: lane.partitions, returnTo: input };
    const partitions = order === 'fifo' ? lane.partitions : order.rows * order.columns;
    return { kind: 'entry', ...work, partitions, returnTo: events, order };
  });

  function outputsOf(position: number): string[] {
    const onward = pipelines.map((pipeline) => onwardFrom(pipeline, groups, position));
    const queues = inputs.filter((_, index) =>
      onward.some((onwards) => onwards.groups.some((group) => group === groups[index])),
    );
    return onward.some(({ finished }) => finished) ? [...queues, topics.imageTags(lane.name)] : queues;
  }
}

function sharePlan(lane: Lane, working: readonly StagePlan[]): SharePlan {
  const input = topics.listingImages(lane.name);
  return {
    kind: 'share',
    stage: shareStage,
    lane,
    group: groupOf(topics.queue(shareStage, lane.name)),
    input,
    partitions: lane.partitions,
    returnTo: input,
    outputs: working.filter(({ kind }) => kind === 'entry').map((plan) => plan.input),
  };
}

/** Groups that run stages, of one queue, in order. */
export function groupsOfQueue(
  { plans }: Topology,
  { lane, queue }: Pick<StagePlan, 'lane' | 'queue'>,
): readonly StagePlan[] {
  return plans.filter((plan) => plan.kind !== 'share').filter((plan) => plan.lane === lane && plan.queue === queue);
}

/** Name of the dedicated queue that a group reads; null for share groups and common queues. */
export function dedicatedQueueOf(plan: GroupPlan): string | null {
  return plan.kind === 'share' || plan.queue === 'common' ? null : plan.queue.name;
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

/** Name of the group that reads a queue. */
export function groupOf(queue: string): string {
  return `fanlight.${queue}`;
}
