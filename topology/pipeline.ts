import type { AnyOperation, Operation } from '../processors/operation.js';
import type { Tagged } from '../processors/merge-tags.js';
import type { ListingImage } from '../schemas/events.js';

export interface PipelineNode {
  readonly name: string;
  readonly operation: AnyOperation;
  /** Input name of the operation → name of the node that outputs it (`event` is the listing-image event). */
  readonly from: Readonly<Record<string, string>>;
}

/** A directed acyclic graph of operations. */
export interface Pipeline {
  /** Exact version, such as `listing-photo@1`. */
  readonly id: string;
  readonly nodes: readonly PipelineNode[];
  /** The node whose output is the tag result. */
  readonly result: string;
}

export const eventNode = 'event';

interface AnyNode {
  readonly operation: AnyOperation;
  readonly from: Readonly<Record<string, string>>;
}
type Outputs<Nodes> = { event: ListingImage } & {
  [N in keyof Nodes]: Nodes[N] extends { operation: Operation<infer _In, infer Out> } ? Out : never;
};
type NodesGiving<Nodes, Value> = {
  [N in keyof Outputs<Nodes>]: Outputs<Nodes>[N] extends Value ? N : never;
}[keyof Outputs<Nodes>];
/** Each node with its `from` narrowed to the nodes whose output fits: a wrong wiring is a type error at that input. */
type Wired<Nodes> = {
  [N in keyof Nodes]: Nodes[N] extends { operation: Operation<infer In, infer _Out> }
    ? { readonly from: { readonly [Input in keyof In]: NodesGiving<Nodes, In[Input]> } }
    : never;
};

/**
 * Declares a pipeline as data. Wiring an input to a node of another type does not compile. `createTopology`, which
 * every process runs at start, finds cycles and unknown names.
 */
export function definePipeline<const Nodes extends Record<string, AnyNode>>(
  id: string,
  nodes: Nodes & Wired<Nodes>,
  result: NoInfer<NodesGiving<Nodes, Tagged>>,
): Pipeline {
  return {
    id,
    nodes: Object.entries<AnyNode>(nodes).map(([name, { operation, from }]) => ({ name, operation, from })),
    result: String(result),
  };
}
