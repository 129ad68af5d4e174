import { describe, expect, it } from 'vitest';
import type { AnyOperation, Need } from '../../processors/operation.js';
import { lanes as sharedLanes } from '../../topology/lanes.js';
import type { Pipeline } from '../../topology/pipeline.js';
import { placements, type Placement } from '../../topology/placements.js';
import { createRoute } from '../../topology/route.js';
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
/** One model. */
const plain = pipelineOf(
  'plain@1',
  { file, pixels, model: { needs: 'gpu', from: ['pixels'], reusable: true }, tags: { needs: 'cpu', from: ['model'] } },
  'tags',
);
/** A model that looks at what another found. */
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
/** No model at all. */
const facts = pipelineOf('facts@1', { file, pixels, tags: { needs: 'cpu', from: ['pixels'] } }, 'tags');

/** Nothing comes before the first stage. */
const lanes = sharedLanes.map((lane) => ({ ...lane, shares: 0 }));
const apart: Placement['fused'] = { realtime: [], bulk: [], backfill: [] };
const topologyOf = (pipelines: readonly Pipeline[], fused: Placement['fused'] = apart) =>
  createTopology({ pipelines, stages, lanes, placement: { fused }, defaultPipeline: pipelines[0]?.id ?? '' });

/** The groups of a lane that a task of the pipeline passes, when outputs of `kept` are found in the first. */
function wayOf(topology: Topology, id: string, lane: string, kept: readonly string[] = []): string[] {
  const plans = topology.plans.filter((plan) => plan.kind !== 'share').filter((plan) => plan.lane.name === lane);
  const pipeline = topology.pipelines.get(id);
  if (!pipeline) throw new Error(`${id} is not declared`);
  const route = createRoute(plans);
  const values = new Set<string>();
  const way: string[] = [];
  for (let plan = route(pipeline, values); plan; plan = route(pipeline, values)) {
    if (way.includes(plan.stage)) throw new Error(`it comes to ${plan.stage} twice`);
    way.push(plan.stage);
    for (const { name, stage } of pipeline.nodes)
      if (plan.members.includes(stage) || kept.includes(name)) values.add(name);
  }
  return way;
}

describe('the way of a task', () => {
  const all = topologyOf([plain, composite, facts]);

  it.each<[string, readonly string[], readonly string[]]>([
    ['plain@1', [], ['fetch', 'preprocess', 'infer', 'compose']],
    ['plain@1', ['model'], ['fetch', 'compose']],
    ['composite@1', [], ['fetch', 'preprocess', 'infer', 'crop', 'inspect', 'compose']],
    ['composite@1', ['reader', 'finder'], ['fetch', 'compose']],
    ['facts@1', [], ['fetch', 'preprocess']],
  ])('%s, with %j kept, passes the groups that it needs and no other', (id, kept, way) => {
    expect(wayOf(all, id, 'backfill', kept)).toEqual(way);
  });

  it('ends in the first group when everything is fused', () => {
    const topology = topologyOf([plain, composite], placements.compact.fused);
    expect(['plain@1', 'composite@1'].map((id) => wayOf(topology, id, 'bulk'))).toEqual([['fetch'], ['fetch']]);
  });

  it('leads through fused groups by what is in them', () => {
    const topology = topologyOf([plain, composite], placements.staged.fused);
    expect(wayOf(topology, 'composite@1', 'realtime')).toEqual(['fetch', 'infer']);
    expect(wayOf(topology, 'composite@1', 'bulk')).toEqual(['fetch', 'infer', 'crop', 'inspect', 'compose']);
    expect(wayOf(topology, 'plain@1', 'bulk')).toEqual(['fetch', 'infer', 'compose']);
  });

  it('leads back when a worker of another version sent the task too far', () => {
    const pipeline = all.pipelines.get('composite@1');
    const route = createRoute(
      all.plans.filter((plan) => plan.kind !== 'share').filter(({ lane }) => lane.name === 'bulk'),
    );
    expect(pipeline && route(pipeline, new Set(['file', 'pixels', 'finder', 'places']))?.stage).toBe('crop');
  });
});

describe('what a topology with composites costs', () => {
  const queuesOf = (topology: Topology) =>
    topology.plans.filter(({ lane }) => lane.name === 'bulk').map(({ input }) => input);

  it('nothing where no pipeline is one', () => {
    expect(queuesOf(topologyOf([plain]))).toEqual([
      'listing-images.bulk',
      'preprocess.bulk',
      'infer.bulk',
      'compose.bulk',
    ]);
    expect(queuesOf(topologyOf([facts]))).toEqual(['listing-images.bulk', 'preprocess.bulk']);
  });

  it('two groups more where one is, and other pipelines keep their way', () => {
    expect(queuesOf(topologyOf([plain, composite]))).toEqual([
      'listing-images.bulk',
      'preprocess.bulk',
      'infer.bulk',
      'crop.bulk',
      'inspect.bulk',
      'compose.bulk',
    ]);
  });

  it('a fused group keeps its name, whichever of its stages have work', () => {
    const fused = { ...apart, bulk: [['crop', 'inspect', 'compose']] };
    expect(queuesOf(topologyOf([plain], fused))).toEqual([
      'listing-images.bulk',
      'preprocess.bulk',
      'infer.bulk',
      'crop.bulk',
    ]);
  });
});

describe('the topics that a group may write to', () => {
  it('are those that some task of it can go to next', () => {
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
    'hold every step of every task of "%s", whatever was kept, and no topic beyond',
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
