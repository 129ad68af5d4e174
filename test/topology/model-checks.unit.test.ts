import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ModelCard } from '../../models/card.js';
import { openCatalogue } from '../../models/catalogue.js';
import type { AliasRoutes } from '../../models/alias-route.js';
import { applyModel } from '../../processors/apply-model.js';
import { classifyRoom } from '../../processors/classify-room.js';
import { decodeImage } from '../../processors/decode-image.js';
import { fetchImage } from '../../processors/fetch-image.js';
import { imageFacts } from '../../processors/image-facts.js';
import { mergeTagsAndRoom } from '../../processors/merge-tags.js';
import { resizeImage } from '../../processors/resize-image.js';
import { checkModels, problemsBehind } from '../../topology/model-checks.js';
import { lanes } from '../../topology/lanes.js';
import { fanlightTopology } from '../../topology/main.js';
import { definePipeline } from '../../topology/pipeline.js';
import { sceneView } from '../../topology/pipelines/views.js';
import { placements } from '../../topology/placements.js';
import { stages } from '../../topology/stages.js';
import { createTopology } from '../../topology/topology.js';

/** The part of a card that the checks read. */
function card(input: unknown): { card: ModelCard } {
  return { card: { input } as ModelCard };
}

const view = { kind: 'image', size: [224, 224], resize: { mode: 'crop', shortSide: 256 } };
const models = new Map([
  ['scene@1', card(view)],
  ['objects@2', card(view)],
  ['room@1', card({ kind: 'features', from: [{ model: 'scene@1', outputs: ['features'] }] })],
  [
    'room@2',
    card({
      kind: 'features',
      from: [
        { model: 'scene@1', outputs: ['features'] },
        { model: 'objects@2', outputs: ['detections'] },
      ],
    }),
  ],
]);

interface Wiring {
  readonly reference: string;
  /** Input of the head → the model that the operation expects there. */
  readonly from: Readonly<Record<string, string>>;
  readonly sceneOutputs?: readonly string[];
}

/** A topology with scene@1 and objects@2 on the same view, and a head with the inputs `scene` and `objects`. */
function topologyWith({ reference, from, sceneOutputs = ['features'] }: Wiring) {
  const room = definePipeline(
    'room@1',
    {
      file: { operation: fetchImage, from: { event: 'event' } },
      pixels: { operation: decodeImage({ minShortSide: 512 }), from: { file: 'file' } },
      facts: { operation: imageFacts, from: { pixels: 'pixels' } },
      view: { operation: resizeImage(sceneView), from: { pixels: 'pixels' } },
      scene: { operation: applyModel('scene@1', sceneOutputs), from: { tensor: 'view' } },
      objects: { operation: applyModel('objects@2', ['detections']), from: { tensor: 'view' } },
      room: {
        operation: classifyRoom(reference, from),
        from: Object.fromEntries(Object.keys(from).map((input) => [input, input as 'scene' | 'objects'])),
      },
      tagged: { operation: mergeTagsAndRoom([]), from: { facts: 'facts', roomType: 'room' } },
    },
    'tagged',
  );
  return createTopology({ pipelines: [room], defaultPipeline: room.id, stages, lanes, placement: placements.staged });
}

it('the shipped pipelines can feed both versions of room-type behind room-type@stable', () => {
  const shipped = openCatalogue(fileURLToPath(new URL('../../models/catalogue', import.meta.url))).models;
  for (const version of ['room-type@1', 'room-type@2'])
    expect(problemsBehind('room-type@stable', version, fanlightTopology('staged'), shipped)).toEqual([]);
});

const both = { scene: 'scene@1', objects: 'objects@2' };

function check(wiring: Wiring, aliases: AliasRoutes = new Map()): () => void {
  return () => checkModels(topologyWith(wiring), { models, problems: new Map(), aliases });
}

describe('a model that takes the outputs of other models', () => {
  it('accepts nodes that offer at least the outputs on its card', () => {
    expect(check({ reference: 'room@1', from: { scene: 'scene@1' } })).not.toThrow();
    expect(check({ reference: 'room@1', from: both, sceneOutputs: ['probs', 'features'] })).not.toThrow();
    expect(check({ reference: 'room@2', from: both })).not.toThrow();
  });

  it.each<[string, Wiring, string]>([
    [
      'when a model is missing',
      { reference: 'room@2', from: { scene: 'scene@1' } },
      'room@1: room runs room@2, which takes objects@2/detections, and offers scene@1/features',
    ],
    [
      'when an output is missing',
      { reference: 'room@2', from: both, sceneOutputs: ['probs'] },
      'room@1: room runs room@2, which takes scene@1/features, and offers scene@1/probs, objects@2/detections',
    ],
    [
      'when two inputs are swapped',
      { reference: 'room@2', from: { scene: 'objects@2', objects: 'scene@1' } },
      'room@1: room takes outputs of objects@2 as scene and gets model:scene@1; room@1: room takes outputs of scene@1 as objects and gets model:objects@2',
    ],
  ])('is rejected %s', (_name, wiring, problems) => {
    expect(check(wiring)).toThrow(`The pipelines do not fit the models: ${problems}.`);
  });

  it('cannot be replaced by a model that takes images', () => {
    expect(
      problemsBehind(
        'room@stable',
        'scene@1',
        topologyWith({ reference: 'room@stable', from: { scene: 'scene@1' } }),
        models,
      ),
    ).toEqual(['room@1: room runs scene@1, which takes an image, and offers scene@1/features']);
  });

  it('is checked for all versions behind an alias', () => {
    const narrow = { reference: 'room@stable', from: { scene: 'scene@1' } };
    const unfed = 'room@1: room runs room@2, which takes objects@2/detections, and offers scene@1/features';
    expect(check(narrow, new Map([['room@stable', { to: 'room@1' }]]))).not.toThrow();
    expect(check(narrow, new Map([['room@stable', { to: 'room@1', shadow: 'room@2' }]]))).toThrow(unfed);
    expect(
      check(
        { ...narrow, from: both },
        new Map([['room@stable', { to: 'room@1', canary: { to: 'room@2', percent: 5, clients: [] } }]]),
      ),
    ).not.toThrow();
    expect(problemsBehind('room@stable', 'room@2', topologyWith(narrow), models)).toEqual([unfed]);
    expect(problemsBehind('room@stable', 'room@1', topologyWith(narrow), models)).toEqual([]);
    expect(problemsBehind('room@next', 'room@2', topologyWith(narrow), models)).toEqual([]);
  });
});
