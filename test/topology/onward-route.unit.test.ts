import { describe, expect, it } from 'vitest';
import type { AnyOperation, Need } from '../../processors/operation.js';
import { lanes as sharedLanes } from '../../topology/lanes.js';
import type { Pipeline } from '../../topology/pipeline.js';
import { placements, type Placement } from '../../topology/placements.js';
import { createOnwardRoute } from '../../topology/onward-route.js';
import { stages } from '../../topology/stages.js';
import { createTopology, type Topology } from '../../topology/topology.js';

type Nodes = Record<string, { readonly needs: Need; readonly from: readonly string[]; readonly reusable?: true }>;

function pipelineOf(id: string, nodes: Nodes, result: string): Pipeline {
  const operation = (name: string, needs: Need, reusable: boolean): AnyOperation => ({
    name,
    needs,
    reusable,
    open: () => () => null,
  });
  return {
    id,
    result,
    nodes: Object.entries(nodes).map(([name, { needs, from, reusable = false }]) => ({
      name,
      operation: operation(name, needs, reusable),
      from: Object.fromEntries(from.map((source) => [source, source])),
    })),
  };
}

const file = { needs: 'io', from: ['event'] } as const;
const pixels = { needs: 'cpu', from: ['file'] } as const;
/** A pipeline with one model. */
const plain = pipelineOf(
  'plain@1',
  { file, pixels, model: { needs: 'gpu', from: ['pixels'], reusable: true }, tags: { needs: 'cpu', from: ['model'] } },
  'tags',
);
/** A pipeline with a model that analyses regions which another model found. */
const composite = pipelineOf(
  'composite@1',
  {
    file,
    pixels,
    finder: { needs: 'gpu', from: ['pixels'], reusable: true },
    cuts: { needs: 'cpu', from: ['pixels', 'finder'] },
    reader: { needs: 'gpu', from: ['cuts'], reusable: true },
    places: { needs: 'cpu', from: ['finder'] },
    tags: { needs: 'cpu', from: ['places', 'reader'] },
  },
  'tags',
);
/** A pipeline without a model. */
const facts = pipelineOf('facts@1', { file, pixels, tags: { needs: 'cpu', from: ['pixels'] } }, 'tags');

/** Lanes without a share group. */
const lanes = sharedLanes.map((lane) => ({ ...lane, shares: 0 }));
const apart: Placement['fused'] = { realtime: [], bulk: [], backfill: [] };
const topologyOf = (pipelines: readonly Pipeline[], fused: Placement['fused'] = apart) =>
  createTopology({ pipelines, stages, lanes, placement: { fused }, defaultPipeline: pipelines[0]?.id ?? '' });

/** Groups of a lane that a task of the pipeline passes if the cache holds the outputs of the `kept` nodes. */
function wayOf(topology: Topology, id: string, lane: string, kept: readonly string[] = []): string[] {
  const plans = topology.plans.filter((plan) => plan.kind !== 'share').filter((plan) => plan.lane.name === lane);
  const pipeline = topology.pipelines.get(id);
  if (!pipeline) throw new Error(`${id} is not declared`);
  const route = createOnwardRoute(plans);
  const values = new Set<string>();
  const way: string[] = [];
  for (let plan = route(pipeline, values); plan; plan = route(pipeline, values)) {
    if (way.includes(plan.stage)) throw new Error(`the task passes ${plan.stage} twice`);
    way.push(plan.stage);
    for (const { name, stage } of pipeline.nodes)
      if (plan.members.includes(stage) || kept.includes(name)) values.add(name);
  }
  return way;
}

describe('the route of a task', () => {
  const all = topologyOf([plain, composite, facts]);

  it.each<[string, readonly string[], readonly string[]]>([
    ['plain@1', [], ['fetch', 'preprocess', 'infer', 'compose']],
    ['plain@1', ['model'], ['fetch', 'compose']],
    ['composite@1', [], ['fetch', 'preprocess', 'infer', 'crop', 'inspect', 'compose']],
    ['composite@1', ['reader', 'finder'], ['fetch', 'compose']],
    ['facts@1', [], ['fetch', 'preprocess']],
  ])('of %s with cached outputs %j passes only the groups that it needs', (id, kept, way) => {
    expect(wayOf(all, id, 'backfill', kept)).toEqual(way);
  });

  it('ends in the first group when everything is fused', () => {
    const topology = topologyOf([plain, composite], placements.compact.fused);
    expect(['plain@1', 'composite@1'].map((id) => wayOf(topology, id, 'bulk'))).toEqual([['fetch'], ['fetch']]);
  });

  it('visits a fused group if any of its stages has work', () => {
    const topology = topologyOf([plain, composite], placements.staged.fused);
    expect(wayOf(topology, 'composite@1', 'realtime')).toEqual(['fetch', 'infer']);
    expect(wayOf(topology, 'composite@1', 'bulk')).toEqual(['fetch', 'infer', 'crop', 'inspect', 'compose']);
    expect(wayOf(topology, 'plain@1', 'bulk')).toEqual(['fetch', 'infer', 'compose']);
  });

  it('leads back if a worker of another version sent the task too far', () => {
    const pipeline = all.pipelines.get('composite@1');
    const route = createOnwardRoute(
      all.plans.filter((plan) => plan.kind !== 'share').filter(({ lane }) => lane.name === 'bulk'),
    );
    expect(pipeline && route(pipeline, new Set(['file', 'pixels', 'finder', 'places']))?.stage).toBe('crop');
  });
});

describe('the queues of a topology with composites', () => {
  const queuesOf = (topology: Topology) =>
    topology.plans.filter(({ lane }) => lane.name === 'bulk').map(({ input }) => input);

  it('include no queues of crop and inspect without a composite', () => {
    expect(queuesOf(topologyOf([plain]))).toEqual([
      'listing-images.bulk',
      'preprocess.bulk',
      'infer.bulk',
      'compose.bulk',
    ]);
    expect(queuesOf(topologyOf([facts]))).toEqual(['listing-images.bulk', 'preprocess.bulk']);
  });

  it('include two more queues for a composite', () => {
    expect(queuesOf(topologyOf([plain, composite]))).toEqual([
      'listing-images.bulk',
      'preprocess.bulk',
      'infer.bulk',
      'crop.bulk',
      'inspect.bulk',
      'compose.bulk',
    ]);
  });

  it('keep the name of a fused group, whichever of its stages have work', () => {
    const fused = { ...apart, bulk: [['crop', 'inspect', 'compose']] };
    expect(queuesOf(topologyOf([plain], fused))).toEqual([
      'listing-images.bulk',
      'preprocess.bulk',
      'infer.bulk',
      'crop.bulk',
    ]);
  });
});

describe('the output topics of a group', () => {
  it('are the topics to which its tasks can go next', () => {
    const plans = topologyOf([plain, composite, facts]).plans.filter(({ lane }) => lane.name === 'bulk');
    expect(Object.fromEntries(plans.map(({ stage, outputs }) => [stage, outputs]))).toEqual({
      fetch: ['preprocess.bulk', 'compose.bulk'],
      preprocess: ['infer.bulk', 'crop.bulk', 'image-tags.bulk'],
      infer: ['crop.bulk', 'compose.bulk'],
      crop: ['inspect.bulk'],
      inspect: ['compose.bulk'],
      compose: ['image-tags.bulk'],
    });
  });

  it.each(['staged', 'compact'] as const)(
    'of "%s" are exactly the next topics of all tasks, for every set of cached outputs',
    (placement) => {
      for (const fused of [apart, placements[placement].fused]) {
        const topology = topologyOf([plain, composite, facts], fused);
        for (const { name: lane } of lanes) {
          const plans = topology.plans.filter((plan) => plan.lane.name === lane);
          const steps = new Map(plans.map(({ stage }) => [stage, new Set<string>()]));
          for (const id of topology.pipelines.keys()) {
            for (const kept of [[], ['model'], ['finder'], ['reader'], ['finder', 'reader']]) {
              const way = wayOf(topology, id, lane, kept);
              for (const [at, stage] of way.entries())
                steps.get(stage)?.add(plans.find((plan) => plan.stage === way[at + 1])?.input ?? `image-tags.${lane}`);
            }
          }
          for (const { stage, outputs } of plans)
            expect([...outputs].sort(), stage).toEqual([...(steps.get(stage) ?? [])].sort());
        }
      }
    },
  );
});
