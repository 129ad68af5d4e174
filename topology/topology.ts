import type { LaneName } from '../schemas/lanes.js';
import { topics } from '../schemas/topics.js';
import { findProblems } from './check.js';
import type { TopologyDeclaration } from './declaration.js';
import type { Lane } from './lanes.js';
import { placePipeline, type PlacedPipeline } from './place-pipeline.js';
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
  /** Name of the first stage in it. */
  readonly stage: string;
  readonly lane: Lane;
  /** The stages that run in it, in order. */
  readonly members: readonly string[];
  readonly group: string;
  readonly input: string;
  readonly output: string;
  readonly first: boolean;
  readonly last: boolean;
}

/** Builds and checks the topology. Throws `invalid-configuration` with every problem found, not the first only. */
export function createTopology(declaration: TopologyDeclaration): Topology {
  findProblems(declaration);
  const { stages, lanes, placement, defaultPipeline } = declaration;
  const pipelines = new Map(declaration.pipelines.map((pipeline) => [pipeline.id, placePipeline(pipeline, stages)]));
  return { pipelines, defaultPipeline, stages, lanes, plans: lanes.flatMap((lane) => planLane(lane, placement.fused[lane.name], stages)) };
}

function planLane(lane: Lane, fused: readonly (readonly string[])[], stages: readonly Stage[]): StagePlan[] {
  const groups: string[][] = [];
  for (const { name } of stages) {
    const last = groups.at(-1)?.at(-1);
    const joined = fused.some((neighbours) => last !== undefined && neighbours.includes(last) && neighbours.includes(name));
    if (joined) groups.at(-1)?.push(name);
    else groups.push([name]);
  }
  return groups.map((members, index) => {
    const stage = members[0] as string;
    const next = groups[index + 1]?.[0];
    return {
      stage,
      lane,
      members,
      group: groupName(stage, lane.name),
      input: index === 0 ? topics.listingImages(lane.name) : topics.queue(stage, lane.name),
      output: next === undefined ? topics.imageTags(lane.name) : topics.queue(next, lane.name),
      first: index === 0,
      last: next === undefined,
    };
  });
}

export function groupName(stage: string, lane: LaneName): string {
  return `fanlight.${stage}.${lane}`;
}
