import { describe, expect, it } from 'vitest';
import { cropTextLines } from '../../processors/text/crop-text-lines.js';
import type { Model, ModelHost } from '../../processors/ports.js';
import { readTextLines } from '../../processors/text/read-text-lines.js';
import { tagReadText } from '../../processors/text/tag-read-text.js';
import type { Tensor } from '../../processors/values.js';
import { imageFile, quarters, runOnce } from './support.js';

const side = 20;
const characters = ['', 'S', 'O', 'L', 'D'];
const descriptions = {
  'finder@1': { labels: [], parameters: { margin: 0.1, marginShare: 0.01, share: 0.02, fill: 0.5, probability: 0.75 } },
  'reader@1': { labels: characters, parameters: { textThreshold: 0.6, leastCharacters: 2 } },
};
const describeOne = (id: string) =>
  Promise.resolve({ id, vocabulary: new Map(), ...descriptions[id as keyof typeof descriptions] });

function portsWith(infer: Model['infer'] = () => Promise.reject(new Error('This operation must not run a model.'))) {
  const models: ModelHost = { describe: describeOne, open: async (id) => ({ ...(await describeOne(id)), infer }) };
  return { ports: { models } };
}

/** Lines that are one cell high, in cells of 1/20 of the photo: column, row, length. */
function cellsOf(...lines: readonly (readonly [x: number, y: number, length: number])[]) {
  const coverage = new Float32Array(side * side);
  for (const [x, y, length] of lines) coverage.fill(1, y * side + x, y * side + x + length);
  return { coverage, strength: coverage };
}

const file = await imageFile(await quarters(400, 300).png().toBuffer());

describe('cropTextLines', () => {
  const crop = cropTextLines('finder@1', [96, 48]);

  it('crops at most the six largest lines, each at the input size and with its box', async () => {
    const lines = [0, 2, 4, 6, 8, 10, 12, 14].map((y) => [0, y, 8 + y / 2] as const);
    const cut = await runOnce(crop, { file, text: cellsOf(...lines) }, portsWith());
    expect(cut.map(({ box }) => box)).toEqual(
      [14, 12, 10, 8, 6, 4].map((y) => ({ x: 0, y: y / side, width: (8 + y / 2) / side, height: 1 / side })),
    );
    expect(cut.map(({ tensor }) => [tensor.dtype, tensor.shape])).toEqual(Array(6).fill(['uint8', [48, 96, 3]]));
  });

  it('does not decode a photo without text', async () => {
    const broken = { ...file, bytes: new Uint8Array(10) };
    expect(await runOnce(crop, { file: broken, text: cellsOf() }, portsWith())).toEqual([]);
    await expect(runOnce(crop, { file: broken, text: cellsOf([0, 0, 20]) }, portsWith())).rejects.toMatchObject({
      code: 'corrupt-image',
    });
  });
});

describe('readTextLines', () => {
  it('runs all lines concurrently, and keeps their order', async () => {
    const asked: Tensor[] = [];
    const answers: (() => void)[] = [];
    const infer: Model['infer'] = ({ input }) => {
      asked.push(input as Tensor);
      const nth = Float32Array.of(asked.length);
      return new Promise((resolve) => answers.push(() => resolve({ character: nth, probability: nth })));
    };
    const box = { x: 0, y: 0, width: 1, height: 0.1 };
    const lines = [1, 2, 3].map((level) => ({
      box,
      tensor: { dtype: 'uint8' as const, shape: [1, 1, 3], data: new Uint8Array(3).fill(level) },
    }));
    const read = runOnce(readTextLines('reader@1'), { lines }, portsWith(infer));
    await expect.poll(() => asked.map(({ data }) => data[0])).toEqual([1, 2, 3]);
    for (const answer of answers.reverse()) answer();
    expect((await read).map(({ character }) => character[0])).toEqual([1, 2, 3]);
  });
});

describe('tagReadText', () => {
  const tag = tagReadText('finder@1', 'reader@1');
  const box = (y: number) => ({ x: 0, y: y / side, width: 1, height: 1 / side });
  const steps = (text: string, probability: number) => ({
    box: box(0),
    character: Float32Array.from([...text].map((character) => characters.indexOf(character))),
    probability: new Float32Array(text.length).fill(probability),
  });
  const tagsOf = (...read: ReturnType<typeof steps>[]) =>
    runOnce(tag, { text: cellsOf([0, 0, 20], [0, 19, 20]), lines: read }, portsWith());

  it('gives regions their text, in the order of the lines', async () => {
    expect(await tagsOf(steps('SOLD', 0.75), steps('OLD', 1))).toEqual([
      { name: 'overlay text', score: 0.75, model: 'reader@1', box: box(0), text: 'SOLD' },
      { name: 'overlay text', score: 1, model: 'reader@1', box: box(19), text: 'OLD' },
    ]);
  });

  it('keeps the tag of the detector when the text is missing, too short or uncertain', async () => {
    const unread = { name: 'overlay text', score: expect.closeTo(5 / 6), model: 'finder@1', box: box(0) };
    for (const first of [steps('', 1), steps('S', 1), steps('SOLD', 0.5)])
      expect((await tagsOf(first, steps('OLD', 1)))[0]).toEqual(unread);
    expect(await tagsOf()).toEqual([unread, { ...unread, box: box(19) }]);
  });
});
