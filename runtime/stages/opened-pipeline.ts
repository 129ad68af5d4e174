import type { Need, Run } from '../../processors/operation.js';
import type { Ports } from '../../processors/ports.js';
import type { PlacedNode, PlacedPipeline } from '../../topology/placed-pipeline.js';
import { reusableNodes } from '../../topology/reuse.js';
import type { StagePlan, Topology } from '../../topology/topology.js';

/** The operation has lost its input type. `definePipeline` has checked the types of the graph. */
export type OpenedNode = PlacedNode & { readonly run: Run<object, unknown> };
export interface OpenedPipeline {
  readonly placed: PlacedPipeline;
  /** One step for each stage of the group that the pipeline has work for. */
  readonly steps: readonly {
    readonly stage: string;
    readonly needs: Need;
    readonly rank: number;
    readonly nodes: readonly OpenedNode[];
  }[];
  /** Node name → identity of its output in the cache. */
  readonly reusable: ReadonlyMap<string, string>;
}

/** Opens the operations of a pipeline that run in the stages of the group. */
export async function openPipeline(
  placed: PlacedPipeline,
  { plan, topology, ports }: { readonly plan: StagePlan; readonly topology: Topology; readonly ports: Ports },
): Promise<OpenedPipeline> {
  const members = topology.stages.filter(({ name }) => plan.members.includes(name));
  const steps = await Promise.all(
    members.map(async ({ name, needs }, rank) => {
      const nodes = placed.nodes.filter((node) => node.stage === name);
      const opened = nodes.map(async (node) => ({
        ...node,
        run: (await node.operation.open(ports)) as Run<object, unknown>,
      }));
      return { stage: name, needs, rank, nodes: await Promise.all(opened) };
    }),
  );
  return { placed, steps: steps.filter(({ nodes }) => nodes.length > 0), reusable: reusableNodes(placed) };
}
