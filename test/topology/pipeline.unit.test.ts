import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../processors/decode-image.js';
import { fetchImage } from '../../processors/fetch-image.js';
import { imageFacts } from '../../processors/image-facts.js';
import { mergeTags } from '../../processors/merge-tags.js';
import type { AnyOperation } from '../../processors/operation.js';
import type { TopologyDeclaration } from '../../topology/declaration.js';
import { lanes } from '../../topology/lanes.js';
import { fanlightTopology } from '../../topology/main.js';
import { definePipeline, type Pipeline } from '../../topology/pipeline.js';
import { carriedValues } from '../../topology/placed-pipeline.js';
import { placements } from '../../topology/placements.js';
import { neededNodes } from '../../topology/reuse.js';
import { stages } from '../../topology/stages.js';
import { createTopology, type Topology } from '../../topology/topology.js';

const file = { operation: fetchImage, from: { event: 'event' } } as const;
const pixels = { operation: decodeImage({ minShortSide: 1 }), from: { file: 'file' } } as const;
const facts = { operation: imageFacts, from: { pixels: 'pixels' } } as const;
const tagged = { operation: mergeTags([]), from: { facts: 'facts' } } as const;

describe('the type of a pipeline', () => {
  it('accepts correct wiring', () => {
    expect(definePipeline('sound@1', { file, pixels, facts, tagged }, 'tagged').nodes).toHaveLength(4);
  });

  it('rejects wrong wiring at compile time', () => {
    // @ts-expect-error decode needs an image file, not the event
    definePipeline('wrong@1', { file, pixels: { ...pixels, from: { file: 'event' } }, facts, tagged }, 'tagged');
    // @ts-expect-error there is no node of that name
    definePipeline('wrong@1', { file, pixels: { ...pixels, from: { file: 'fil' } }, facts, tagged }, 'tagged');
    // @ts-expect-error an input is missing
    definePipeline('wrong@1', { file, pixels: { ...pixels, from: {} }, facts, tagged }, 'tagged');
    // @ts-expect-error the result must be tags
    definePipeline('wrong@1', { file, pixels, facts, tagged }, 'facts');
    expect.assertions(0);
  });
});

/** A pipeline that the compiler has not checked. */
function untyped(
  id: string,
  nodes: Record<string, { needs?: 'io' | 'cpu' | 'gpu'; from: Record<string, string> }>,
  result: string,
): Pipeline {
  const operation = (name: string, needs: 'io' | 'cpu' | 'gpu' = 'cpu'): AnyOperation => ({
    name,
    needs,
    open: () => () => null,
  });
  return {
    id,
    result,
    nodes: Object.entries(nodes).map(([name, { needs, from }]) => ({ name, operation: operation(name, needs), from })),
  };
}

function problemsOf(pipelines: readonly Pipeline[], others: Partial<TopologyDeclaration> = {}): string {
  try {
    createTopology({
      pipelines,
      stages,
      lanes,
      placement: placements.staged,
      defaultPipeline: pipelines[0]?.id ?? '',
      ...others,
    });
    return 'none';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('the checks of a topology at start', () => {
  it.each<[string, string, string]>([
    [
      'a cycle with all of its nodes',
      problemsOf([
        untyped('loop@1', { a: { from: { x: 'c' } }, b: { from: { x: 'a' } }, c: { from: { x: 'b' } } }, 'a'),
      ]),
      'The topology cannot run: loop@1: cycle a → b → c → a.',
    ],
    [
      'an unknown node and lists the known nodes',
      problemsOf([untyped('typo@1', { a: { from: { x: 'evnt' } } }, 'a')]),
      'The topology cannot run: typo@1: a.x reads from evnt, which is not a node (known: event, a).',
    ],
    [
      'a need that no later stage offers',
      problemsOf([
        untyped('late@1', { a: { needs: 'gpu', from: { x: 'event' } }, b: { needs: 'io', from: { x: 'a' } } }, 'b'),
      ]),
      'The topology cannot run: late@1: b needs io, which no stage from infer on offers (stages: fetch (io), preprocess (cpu), infer (gpu), crop (cpu), inspect (gpu), compose (cpu)).',
    ],
    [
      'every problem at once',
      problemsOf([untyped('Bad Name', { a: { from: { x: 'nowhere' } } }, 'b')], { defaultPipeline: 'other@1' }),
      'The topology cannot run: Bad Name: a.x reads from nowhere, which is not a node (known: event, a); Bad Name: a pipeline id is name@version; Bad Name: the result b is not a node; the default pipeline other@1 is not declared (known: Bad Name).',
    ],
    [
      'fused stages that are not neighbours',
      problemsOf([untyped('one@1', { a: { from: {} } }, 'a')], {
        placement: { fused: { ...placements.staged.fused, bulk: [['fetch', 'infer']] } },
      }),
      'The topology cannot run: lane bulk fuses fetch+infer, which are not neighbours (order: fetch, preprocess, infer, crop, inspect, compose).',
    ],
    [
      'a stage that does not lead to a later stage',
      problemsOf([untyped('one@1', { a: { from: {} } }, 'a')], {
        stages: [
          { name: 'crop', needs: 'cpu', leadsTo: 'infer' },
          { name: 'compose', needs: 'cpu' },
        ],
        placement: { fused: { realtime: [], bulk: [], backfill: [] } },
      }),
      'The topology cannot run: stage crop leads to infer, which is not a later stage (order: crop, compose).',
    ],
    [
      'a third model in a chain when only two stages run models',
      problemsOf([
        untyped(
          'deep@1',
          {
            a: { needs: 'gpu', from: {} },
            b: { from: { x: 'a' } },
            c: { needs: 'gpu', from: { x: 'b' } },
            d: { from: { x: 'c' } },
            e: { needs: 'gpu', from: { x: 'd' } },
          },
          'e',
        ),
      ]),
      'The topology cannot run: deep@1: e needs gpu, which no stage from compose on offers (stages: fetch (io), preprocess (cpu), infer (gpu), crop (cpu), inspect (gpu), compose (cpu)).',
    ],
  ])('report %s', (_name, problems, expected) => {
    expect(problems).toBe(expected);
  });
});

/** One line for each consumer group. */
const cutsOf = (topology: Topology) =>
  topology.plans.map(
    (plan) =>
      `${plan.group} [${plan.kind === 'share' ? '' : plan.members.join('+')}] ${plan.input} → ${plan.outputs.join(', ')}`,
  );

describe('a placement', () => {
  const topology = fanlightTopology('staged');

  it('"compact" makes one consumer group of each lane, behind its share group', () => {
    const everything = 'fetch+preprocess+infer+crop+inspect+compose';
    expect(cutsOf(fanlightTopology('compact'))).toEqual([
      `fanlight.fetch.realtime [${everything}] listing-images.realtime → image-tags.realtime`,
      'fanlight.share.bulk [] listing-images.bulk → fetch.bulk',
      `fanlight.fetch.bulk [${everything}] fetch.bulk → image-tags.bulk`,
      'fanlight.share.backfill [] listing-images.backfill → fetch.backfill',
      `fanlight.fetch.backfill [${everything}] fetch.backfill → image-tags.backfill`,
    ]);
  });

  it('returns retried tasks to their queue and retried events to the topic of the lane', () => {
    const returns = topology.plans
      .filter(({ lane }) => lane.name !== 'backfill')
      .map(({ input, returnTo, partitions }) => `${input} (${partitions}) → ${returnTo}`);
    expect(returns).toEqual([
      'listing-images.realtime (4) → listing-images.realtime',
      'infer.realtime (4) → infer.realtime',
      'listing-images.bulk (8) → listing-images.bulk',
      'fetch.bulk (64) → listing-images.bulk',
      ...['infer', 'crop', 'inspect', 'compose'].map((stage) => `${stage}.bulk (8) → ${stage}.bulk`),
    ]);
  });

  it('"staged" cuts each lane into consumer groups and topics', () => {
    expect(cutsOf(topology)).toEqual([
      'fanlight.fetch.realtime [fetch+preprocess] listing-images.realtime → infer.realtime',
      'fanlight.infer.realtime [infer+crop+inspect+compose] infer.realtime → image-tags.realtime',
      'fanlight.share.bulk [] listing-images.bulk → fetch.bulk',
      'fanlight.fetch.bulk [fetch+preprocess] fetch.bulk → infer.bulk, crop.bulk, compose.bulk',
      'fanlight.infer.bulk [infer] infer.bulk → crop.bulk, compose.bulk',
      'fanlight.crop.bulk [crop] crop.bulk → inspect.bulk',
      'fanlight.inspect.bulk [inspect] inspect.bulk → compose.bulk',
      'fanlight.compose.bulk [compose] compose.bulk → image-tags.bulk',
      'fanlight.share.backfill [] listing-images.backfill → fetch.backfill',
      'fanlight.fetch.backfill [fetch] fetch.backfill → preprocess.backfill, crop.backfill, compose.backfill',
      'fanlight.preprocess.backfill [preprocess] preprocess.backfill → infer.backfill, crop.backfill, compose.backfill',
      'fanlight.infer.backfill [infer] infer.backfill → crop.backfill, compose.backfill',
      'fanlight.crop.backfill [crop] crop.backfill → inspect.backfill',
      'fanlight.inspect.backfill [inspect] inspect.backfill → compose.backfill',
      'fanlight.compose.backfill [compose] compose.backfill → image-tags.backfill',
    ]);
  });

  it('gives every pipeline only the stages that it needs', () => {
    const stagesOf = (id: string) =>
      stages
        .map(({ name }) => name)
        .filter((name) => topology.pipelines.get(id)?.nodes.some(({ stage }) => stage === name));
    for (const id of ['listing-photo@1', 'listing-photo@2', 'moderation-only@1'])
      expect(stagesOf(id), id).toEqual(['fetch', 'preprocess', 'infer', 'compose']);
    expect(stagesOf('listing-text@1')).toEqual(['fetch', 'preprocess', 'infer', 'crop', 'inspect', 'compose']);
  });

  it('carries only the values that later stages need', () => {
    const pipeline = topology.pipelines.get('listing-photo@1');
    if (!pipeline) throw new Error('listing-photo@1 is not declared');
    const carried = (...done: string[]) => {
      const values = new Set(pipeline.nodes.filter(({ stage }) => done.includes(stage)).map(({ name }) => name));
      return [...carriedValues(pipeline, neededNodes(pipeline, values))].sort();
    };
    expect(carried('fetch')).toEqual(['file']);
    expect(carried('fetch', 'preprocess')).toEqual(['facts', 'moderationView', 'qualityTags', 'sceneView']);
    expect(carried('fetch', 'preprocess', 'infer')).toEqual(['facts', 'moderation', 'qualityTags', 'scene']);
    expect(carried('fetch', 'preprocess', 'infer', 'compose')).toEqual(['tagged']);
  });
});
