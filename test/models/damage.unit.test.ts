import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { checkModelsLoad } from '../../local/model-check.js';
import { doctor } from '../../local/doctor.js';
import { loadCard } from '../../models/card.js';
import { modelIds, openCatalogue } from '../../models/catalogue.js';
import { executionOf, loadModel } from '../../models/frameworks.js';
import { createModelHost } from '../../models/host.js';
import { createManualClock } from '../../runtime/memory/manual-clock.js';
import { laneNames } from '../../schemas/lanes.js';

const shipped = fileURLToPath(new URL('../../models/catalogue', import.meta.url));
type Json = Record<string, unknown>;

/** A linear model over features, an ONNX model over images, and one whose weights are all in its folder. */
const bases = { linear: 'room-type@1', onnx: 'objects@2', labelled: 'scene@1' } as const;

interface Damage {
  readonly base: keyof typeof bases;
  /** Damages the copy of the base. `card` is written to the copy afterwards. */
  readonly plant: (dir: string, card: Json) => void;
  /** Expected message and remedy. `CARD` and `DIR` stand for the paths of the copy, `ANY` for any text. */
  readonly says: string;
}

const weights = (card: Json) => card['weights'] as Json;

/** Damage by the name of the damaged copy: ten cards, then three weight files. */
const damages: Readonly<Record<string, Damage>> = {
  'not-json': {
    base: 'linear',
    plant: (dir) => writeFileSync(join(dir, 'card.json'), '{'),
    says: 'Model card CARD: the file cannot be read as JSON (SyntaxError: ANY). Correct its syntax.',
  },
  'no-card': {
    base: 'linear',
    plant: (dir) => rmSync(join(dir, 'card.json')),
    says: "Model card CARD: the file does not exist. Put the model's card.json into that folder, or correct the catalogue's root.",
  },
  'wrong-hash-form': {
    base: 'linear',
    plant: (_, card) => (weights(card)['sha256'] = 'sha256:abc'),
    says: 'Model card CARD: weights.sha256: expected 64 lower-case hexadecimal digits. Correct these fields; the format is described in models/card.ts.',
  },
  'unknown-framework': {
    base: 'linear',
    plant: (_, card) => (card['framework'] = 'caffe'),
    says: 'Model card CARD: there is no framework "caffe" (known: ANY). Correct it, or add the framework to models/frameworks.ts.',
  },
  'no-such-output': {
    base: 'onnx',
    plant: (_, card) =>
      (card['outputs'] = [{ name: 'masks', shape: ['N', 600], dtype: 'float32', meaning: 'not there' }]),
    says: 'Model no-such-output@1 cannot be loaded: the weights have the outputs detections, but the card also names masks. Correct models/catalogue/no-such-output@1/card.json, or convert the weights as training describes.',
  },
  'wrong-input-kind': {
    base: 'linear',
    plant: (_, card) => (card['input'] = loadCard(join(shipped, bases.onnx)).input),
    says: 'Model wrong-input-kind@1 cannot be loaded: it is a "linear" model of kind "image", not a linear head over features. Correct its card.json, or generate card and weights with training/train_room_type.py.',
  },
  'empty-batch': {
    base: 'linear',
    plant: (_, card) => (card['maxBatch'] = 0),
    says: 'Model card CARD: maxBatch: Too small: expected number to be >=1. Correct these fields; the format is described in models/card.ts.',
  },
  'no-labels': {
    base: 'linear',
    plant: (dir) => rmSync(join(dir, 'labels.json')),
    says: 'Model card CARD: labels: the folder of the card has no labels.json. Put a list of names into that file, as JSON.',
  },
  'few-labels': {
    base: 'linear',
    plant: (dir) => writeFileSync(join(dir, 'labels.json'), '["kitchen", "bathroom"]'),
    says: 'Model card CARD: labels: labels.json has 2 names, but the output "probs" has 7 values. Give each value a name, or correct the shape.',
  },
  'other-name': {
    base: 'linear',
    plant: (_, card) => (card['version'] = 3),
    says: 'Model card CARD: it describes other-name@3 but is in the folder of other-name@1. Correct its name and version, or move it to its own folder.',
  },
  truncated: {
    base: 'linear',
    plant: (dir) => truncateSync(join(dir, 'weights.json'), 5_000),
    says: 'The weights of truncated@1 in DIR/weights.json have 5000 bytes, but the card says ANY. Restore the file from the repository or the image that was deployed; never edit the card to match it.',
  },
  'flipped-bit': {
    base: 'onnx',
    plant: (dir) => {
      const bytes = readFileSync(join(dir, 'graph.onnx'));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(join(dir, 'graph.onnx'), bytes);
    },
    says: 'The weights of flipped-bit@1 in DIR/graph.onnx have sha256 ANY, but the card says ANY. Restore the file from the repository or the image that was deployed; never edit the card to match it.',
  },
  empty: {
    base: 'labelled',
    plant: (dir) => writeFileSync(join(dir, 'weights.onnx'), ''),
    says: 'The weights of empty@1 in DIR/weights.onnx have 0 bytes, but the card says ANY. Restore the file from the repository or the image that was deployed; never edit the card to match it.',
  },
};
const names = Object.keys(damages);
const sound = ['room-type@1', 'objects@2'] as const;

describe('damaged models', () => {
  const roots: string[] = [];
  afterAll(() => {
    for (const root of roots) rmSync(root, { recursive: true });
  });

  /** Writes a catalogue of the intact models and one damaged copy for each name. */
  function plant(damaged: readonly string[]) {
    const root = mkdtempSync(join(tmpdir(), 'damage-'));
    roots.push(root);
    for (const id of sound) cpSync(join(shipped, id), join(root, id), { recursive: true });
    for (const name of damaged) {
      const { base, plant } = damages[name]!;
      const dir = join(root, `${name}@1`);
      cpSync(join(shipped, bases[base]), dir, { recursive: true });
      const card: Json = { ...(JSON.parse(readFileSync(join(dir, 'card.json'), 'utf8')) as Json), name, version: 1 };
      plant(dir, card);
      if (!['not-json', 'no-card'].includes(name)) writeFileSync(join(dir, 'card.json'), JSON.stringify(card));
    }
    return { root, catalogue: openCatalogue(root, [...sound, ...damaged.map((name) => `${name}@1`)]) };
  }

  function sentence(root: string, name: string): RegExp {
    const dir = join(root, `${name}@1`);
    const text = damages[name]!.says.replaceAll('CARD', join(dir, 'card.json')).replaceAll('DIR', dir);
    return new RegExp(
      `^${text
        .split('ANY')
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
        .join('.+')}$`,
    );
  }

  function openHost({ catalogue }: ReturnType<typeof plant>) {
    return createModelHost({
      catalogue,
      load: (card, dir) => loadModel(card, dir, { threads: 1, device: 'cpu' }),
      clock: createManualClock(0),
      lanes: new Map(laneNames.map((name, priority) => [name, { batchDelayMs: 0, priority }])),
      executionOf: (card) => executionOf(card, { cores: 1 }),
      cores: 1,
    });
  }

  const realtime = { lane: 'realtime', deadline: undefined } as const;
  const row = { 'scene@1/features': { dtype: 'float32', shape: [1280], data: new Float32Array(1280) } } as const;
  const image = { input: { dtype: 'uint8', shape: [512, 512, 3], data: new Uint8Array(512 * 512 * 3) } } as const;

  async function expectToBeRefused(host: ReturnType<typeof openHost>, root: string, name: string): Promise<void> {
    const refusal = (await host.run(`${name}@1`, row, realtime).catch((error: unknown) => error)) as {
      message: string;
      remedy: string;
      kind: string;
    };
    expect(`${refusal.message} ${refusal.remedy}`).toMatch(sentence(root, name));
    expect(refusal.kind).toBe('transient'); // another worker may have intact files
  }

  test.each(names)(
    'the host rejects a damaged model with problem and remedy, and still runs the others: %s',
    async (name) => {
      const planted = plant([name]);
      const host = openHost(planted);
      await expectToBeRefused(host, planted.root, name);
      expect((await host.run('room-type@1', row, realtime))['probs']).toHaveLength(7);
      await host.close();
    },
  );

  test('the host rejects all damaged models at once, each for its own reason, and still runs the others', async () => {
    const planted = plant(names);
    const host = openHost(planted);
    for (const name of names) await expectToBeRefused(host, planted.root, name);
    expect((await host.run('room-type@1', row, realtime))['probs']).toHaveLength(7);
    expect((await host.run('objects@2', image, realtime))['detections']).toHaveLength(600);
    await host.close();
  });

  test('fanlight doctor checks every model and reports every damage in one run', async () => {
    const { root, catalogue } = plant(names);
    const checks = await checkModelsLoad(catalogue);
    for (const name of names) {
      expect(checks.find(({ id }) => id === `model-${name}@1`)).toEqual({
        id: `model-${name}@1`,
        status: 'failed',
        message: expect.stringMatching(sentence(root, name)),
      });
    }
    expect(checks.filter(({ status }) => status === 'ok').map(({ message }) => message)).toEqual(
      sound.map((id) => `The model ${id} works.`),
    );
  });

  test('fanlight doctor checks only the named model, and reports an unknown name', async () => {
    const { root, catalogue } = plant(['truncated']);
    const said = async (id: string) =>
      (await checkModelsLoad(catalogue, id)).map(({ status, message }) => [status, message]);
    expect(await said('room-type@1')).toEqual([['ok', 'The model room-type@1 works.']]);
    expect(await said('truncated@1')).toEqual([['failed', expect.stringMatching(sentence(root, 'truncated'))]]);
    expect(await said('lost@1')).toEqual([
      ['failed', 'There is no model lost@1 in the catalogue. Choose one of room-type@1, objects@2, truncated@1.'],
    ]);
  });

  test('fanlight doctor exits with 1 when models are damaged, and prints each of them', async () => {
    const { root, catalogue } = plant(['not-json', 'few-labels']);
    // Every model that a pipeline names is in `problems`; otherwise the pipelines would not fit.
    const damaged = {
      models: new Map(),
      problems: new Map(modelIds.map((id, nth) => [id, [...catalogue.problems.values()][nth % 2]!])),
    };
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    const code = await doctor({ json: false }, { FANLIGHT_STATE_DIR: root }, damaged);
    write.mockRestore();
    expect(code).toBe(1);
    expect(written.filter((line) => /failed .*Model card/.test(line))).toHaveLength(modelIds.length);
    expect(written.join('')).toContain('The pipelines fit the model cards.');
  });
});
