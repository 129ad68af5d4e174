/**
 * CPU time per image of all steps between an image file and its tensors: decode, two resizes, quality. Compares it with
 * plain sharp pipelines, and prints how far the pixels differ.
 *
 *   npx tsx bench/models/preprocess.ts <folder of photos> [how many]
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { decodeImage } from '../../processors/decode-image.js';
import { planResize, specName, type ImageSpec } from '../../processors/decoding/geometry.js';
import { identifyFormat } from '../../processors/decoding/format-identification.js';
import { configureSharp } from '../../processors/decoding/sharp-settings.js';
import { measureQuality, qualityLongSide } from '../../processors/measure-quality.js';
import type { Operation, OperationContext } from '../../processors/operation.js';
import type { Ports } from '../../processors/ports.js';
import { resizeImage } from '../../processors/resize-image.js';
import type { ImageFile } from '../../processors/values.js';

const rounds = 5;

const specs: readonly ImageSpec[] = [
  { size: [224, 224], mode: 'crop' },
  { size: [224, 224], mode: 'squash', intermediate: [256, 256] },
];

type Step = (file: ImageFile) => Promise<readonly Uint8Array[]>;

async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [folder, limit = '160'] = positionals;
  if (folder === undefined) throw new Error('Usage: npx tsx bench/models/preprocess.ts <folder of photos> [how many]');
  configureSharp({ threads: 1 });
  const files = await readPhotos(folder, Number(limit));
  console.log(
    `${files.length} photos, ${rounds} rounds (minimum and median), ${cpus()[0]?.model ?? 'unknown processor'}\n`,
  );

  const decode = await open(decodeImage({ minShortSide: 256 }));
  const resizes = await Promise.all(specs.map((spec) => open(resizeImage(spec))));
  const quality = await open(measureQuality);
  const fanlight: Step = async (file) => {
    const pixels = await decode({ file });
    await quality({ pixels });
    return Promise.all(resizes.map(async (resize) => (await resize({ pixels })).data as Uint8Array));
  };

  await report('Fanlight: decode', files, async (file) => [(await decode({ file })).data]);
  await report('Fanlight: decode, 2 resizes, quality', files, fanlight);
  await report('sharp: decode', files, async (file) => [await upright(file).raw().toBuffer()]);
  await report('sharp: 2 resizes and 512 px, each from the file', files, async (file) => {
    await upright(file).resize(qualityLongSide, qualityLongSide, { fit: 'inside' }).raw().toBuffer();
    return Promise.all(specs.map((spec) => plainSharp(file, spec)));
  });

  console.log('\nMean and largest absolute difference from a plain sharp pipeline (grey levels):');
  for (const [index, spec] of specs.entries()) {
    console.log(`  ${specName(spec).padEnd(24)} ${await difference(files, fanlight, index, spec)}`);
  }
}

async function readPhotos(folder: string, limit: number): Promise<ImageFile[]> {
  const names = readdirSync(folder).sort();
  const every = Math.max(1, Math.floor(names.length / limit));
  return Promise.all(
    names
      .filter((_, index) => index % every === 0)
      .map(async (name) => {
        const bytes = readFileSync(join(folder, name));
        return { bytes, sha256: createHash('sha256').update(bytes).digest('hex'), format: await identifyFormat(bytes) };
      }),
  );
}

/** Opens an operation without ports: these operations use none, and only the signal of the context. */
async function open<In extends object, Out>(operation: Operation<In, Out>): Promise<(input: In) => Promise<Out>> {
  const run = await operation.open({} as Ports);
  const context: OperationContext = {
    lane: 'bulk',
    deadline: undefined,
    signal: new AbortController().signal,
    imageId: '',
    client: undefined,
    served: () => undefined,
    waitUntil: () => undefined,
  };
  return async (input) => run(input, context);
}

async function report(name: string, files: readonly ImageFile[], step: Step): Promise<void> {
  const perImage: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (const file of files) await step(file);
    const { user, system } = process.cpuUsage(before);
    perImage.push((user + system) / 1000 / files.length);
  }
  perImage.sort((a, b) => a - b);
  const [least = 0] = perImage;
  const median = perImage[Math.floor(rounds / 2)] ?? 0;
  const perSecond = (1000 / median).toFixed(0);
  console.log(
    `${name.padEnd(50)} ${least.toFixed(2)} / ${median.toFixed(2)} ms CPU per image, ${perSecond} images per CPU second`,
  );
}

function upright(file: ImageFile): Sharp {
  return sharp(file.bytes, { failOn: 'truncated' }).autoOrient();
}

async function plainSharp(file: ImageFile, spec: ImageSpec): Promise<Uint8Array> {
  const { autoOrient } = await sharp(file.bytes).metadata();
  const { width, height, left, top, size, kernel } = planResize(spec, autoOrient.width, autoOrient.height);
  return upright(file)
    .toColourspace('srgb')
    .resize(width, height, { fit: 'fill', kernel, fastShrinkOnLoad: false })
    .extract({ left, top, width: size[0], height: size[1] })
    .raw()
    .toBuffer();
}

async function difference(files: readonly ImageFile[], step: Step, index: number, spec: ImageSpec): Promise<string> {
  let sum = 0;
  let count = 0;
  let largest = 0;
  for (const file of files) {
    const ours = (await step(file))[index] ?? new Uint8Array();
    const theirs = await plainSharp(file, spec);
    if (ours.length !== theirs.length) throw new Error(`Fanlight gave ${ours.length} bytes, sharp ${theirs.length}`);
    for (let i = 0; i < ours.length; i++) {
      const apart = Math.abs((ours[i] ?? 0) - (theirs[i] ?? 0));
      sum += apart;
      if (apart > largest) largest = apart;
    }
    count += ours.length;
  }
  return `${(sum / count).toFixed(2)}, ${largest}`;
}

await main();
