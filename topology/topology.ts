import type { LaneName } from '../schemas/lanes.js';
import { topics } from '../schemas/topics.js';
import { findProblems } from './check.js';
import type { TopologyDeclaration } from './declaration.js';
import type { Lane } from './lanes.js';
import { placePipeline, type PlacedPipeline } from './place-pipeline.js';
import { onwardFrom } from './route.js';
import type { Stage } from './stages.js';

/** Everything that runs, as data: workers, the driver, `fanlight topology` and the docs all read this one object. */
export interface Topology {
  readonly pipelines: ReadonlyMap<string, PlacedPipeline>;
  readonly defaultPipeline: string;
  readonly stages: readonly Stage[];
  readonly lanes: readonly Lane[];
  /** The consumer groups that process images, lane by lane, in the order in which an image passes them. */
  readonly plans: readonly StagePlan[];
}

/** One consumer group: one stage, or several fused ones, in one lane. */
export interface StagePlan {
  /** Name of the first of the stages that were fused, whether or not a pipeline has work for it. */
  readonly stage: string;
  readonly lane: Lane;
  /** The stages that run in it, in order: those that a pipeline has work for. */
  readonly members: readonly string[];
  readonly group: string;
  readonly input: string;
  /** Topics that a task may go to from here: the queues of later groups, and the results. */
  readonly outputs: readonly string[];
  readonly first: boolean;
}

/** Builds and checks the topology. Throws `invalid-configuration` with every problem found, not the first only. */
export function createTopology(declaration: TopologyDeclaration): Topology {
  findProblems(declaration);
  const { stages, lanes, placement, defaultPipeline } = declaration;
  const pipelines = new Map(declaration.pipelines.map((pipeline) => [pipeline.id, placePipeline(pipeline, stages)]));
  const plans = lanes.flatMap((lane) => planLane(lane, placement.fused[lane.name], stages, [...pipelines.values()]));
  return { pipelines, defaultPipeline, stages, lanes, plans };
}

function planLane(lane: Lane, fused: readonly (readonly string[])[], stages: readonly Stage[], pipelines: readonly PlacedPipeline[]): StagePlan[] {
  const used = new Set(pipelines.flatMap(({ nodes }) => nodes.map(({ stage }) => stage)));
  const groups = fuse(stages, fused)
    .map((names) => ({ stage: names[0] ?? '', members: names.filter((name) => used.has(name)) }))
    .filter(({ members }) => members.length > 0)
    .map(({ stage, members }, index) => ({
      stage,
      members,
      first: index === 0,
      input: index === 0 ? topics.listingImages(lane.name) : topics.queue(stage, lane.name),
    }));
  return groups.map((group, index) => ({ ...group, lane, group: groupName(group.stage, lane.name), outputs: outputsOf(index) }));

  function outputsOf(position: number): string[] {
    const onward = pipelines.map((pipeline) => onwardFrom(pipeline, groups, position));
    const queues = groups.filter((group) => onward.some((onwards) => onwards.groups.includes(group))).map(({ input }) => input);
    return onward.some(({ finished }) => finished) ? [...queues, topics.imageTags(lane.name)] : queues;
  }
}

function fuse(stages: readonly Stage[], fused: readonly (readonly string[])[]): string[][] {
  const groups: string[][] = [];
  for (const { name } of stages) {
    const last = groups.at(-1)?.at(-1);
    const joined = fused.some((neighbours) => last !== undefined && neighbours.includes(last) && neighbours.includes(name));
    if (joined) groups.at(-1)?.push(name);
    else groups.push([name]);
  }
  return groups;
}

export function groupName(stage: string, lane: LaneName): string {
  return `fanlight.${stage}.${lane}`;
}
