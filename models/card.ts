import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { FanlightError } from '../schemas/failure.js';
import { outputName } from '../schemas/model-reference.js';
import { columns, namesOf } from './columns.js';

/**
 * A model card: everything that a worker must know of one version of one model before it loads a byte of it, and
 * everything that a person must know before trusting it. One `card.json` a folder of the catalogue.
 */

const pixels = z.int().min(1).max(4096);
const side = z.tuple([pixels, pixels]).describe('[width, height] in pixels');

/** Geometry before the centre crop to `size`. */
const resize = z.discriminatedUnion('mode', [
  /** Keeps the aspect ratio: the short side becomes `shortSide`, then the centre is cut out. */
  z.strictObject({ mode: z.literal('crop'), shortSide: pixels }),
  /** Ignores the aspect ratio: the whole image becomes `intermediate`, then the centre is cut out. */
  z.strictObject({ mode: z.literal('squash'), intermediate: side }),
  /** An operation cuts pieces out of the image and gives each this size: `crop-text-lines`. */
  z.strictObject({
    mode: z.literal('pieces'),
    by: z.string().regex(/^[a-z][a-z-]*$/, 'expected the name of an operation'),
  }),
]);

const imageInput = z.strictObject({
  kind: z.literal('image'),
  size: side,
  resize,
  colour: z.literal('RGB'),
  layout: z.literal('NHWC'),
  dtype: z.literal('uint8'),
});

/**
 * The whole upright image, scaled down so that its long side is at most `longSide` and never up; each side is then
 * taken to
 * the nearest multiple of `multipleOf`, at least one. So sizes vary, and only images of one size share a batch.
 */
const scaledImageInput = z
  .strictObject({
    kind: z.literal('scaled-image'),
    longSide: pixels,
    multipleOf: pixels,
    colour: z.literal('RGB'),
    layout: z.literal('NHWC'),
    dtype: z.literal('uint8'),
  })
  .refine(({ longSide, multipleOf }) => longSide % multipleOf === 0, {
    path: ['longSide'],
    message: 'expected a multiple of multipleOf',
  });

/** The whole upright image, scaled down to `longSide` and never up; nothing is cut. */
const wholeImageInput = z.strictObject({
  kind: z.literal('whole-image'),
  longSide: pixels,
  colour: z.literal('RGB'),
  layout: z.literal('HWC'),
  dtype: z.literal('uint8'),
});

const modelId = z.string().regex(/^[a-z][a-z0-9-]*@[1-9][0-9]*$/, 'expected a model id such as "scene@1"');

/** Outputs of other models. Each is an input of the name `<model>/<output>`, such as `scene@1/features`. */
const featuresInput = z
  .strictObject({
    kind: z.literal('features'),
    from: z.array(z.strictObject({ model: modelId, outputs: z.array(z.string().min(1)).min(1) })).min(1),
    /** Sizes and transforms of these outputs, where the weights do not say them. */
    columns: columns.optional(),
  })
  .refine((input) => new Set(featureNames(input)).size === featureNames(input).length, {
    path: ['from'],
    message: 'names an output twice',
  })
  .refine((input) => !input.columns || namesOf(input.columns).join() === featureNames(input).join(), {
    path: ['columns'],
    message: 'expected those of each output of `from`, in its order',
  });

/** Names of the inputs of a model over features, in the order of the card. */
export function featureNames({
  from,
}: {
  readonly from: readonly { readonly model: string; readonly outputs: readonly string[] }[];
}): string[] {
  return from.flatMap(({ model, outputs }) => outputs.map((output) => outputName(model, output)));
}

const output = z.strictObject({
  name: z.string().min(1),
  /** "N" is the batch. */
  shape: z.tuple([z.literal('N')], z.int().min(1)),
  dtype: z.literal('float32'),
  meaning: z.string().min(1),
  /** Whether it has one value for each of the labels, in their order. */
  perLabel: z.boolean().optional(),
});

const fileName = z.string().regex(/^[\w.-]+$/, 'expected a file name without a folder');

const contents = {
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits'),
  bytes: z.int().min(1),
};

/** npm package that ships the file; without one the file lies beside the card. */
const packageName = z.string().regex(/^(?:@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*$/, 'expected the name of an npm package');

/** Path within the package; a plain file name beside the card. */
const filePath = z.string().regex(/^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/, 'expected a relative path without ".."');

const weightFile = z
  .strictObject({ package: packageName.optional(), file: filePath, ...contents })
  .refine(isBesideOrPackaged, {
    path: ['file'],
    message: 'expected a file name without a folder',
  });

function isBesideOrPackaged(file: { readonly package?: string | undefined; readonly file: string }): boolean {
  return file.package !== undefined || !file.file.includes('/');
}

/**
 * The file that the framework opens, and the files to which that one refers (`data`), such as the shards of a
 * TensorFlow.js model.
 */
const weights = z
  .strictObject({
    package: packageName.optional(),
    file: filePath,
    ...contents,
    data: z.array(weightFile).min(1).optional(),
  })
  .refine(isBesideOrPackaged, { path: ['file'], message: 'expected a file name without a folder' });

const card = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected lower-case letters, digits and hyphens'),
    version: z.int().min(1),
    /** A key of `frameworks`, or "none" for arithmetic that operations do themselves. */
    framework: z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected lower-case letters, digits and hyphens'),
    weights: weights.optional(),
    input: z.discriminatedUnion('kind', [imageInput, scaledImageInput, wholeImageInput, featuresInput]),
    outputs: z.array(output).min(1),
    labels: fileName.optional(),
    vocabulary: fileName.optional(),
    /** Constants that the code reads: thresholds and the like. */
    parameters: z.record(z.string(), z.number()).optional(),
    maxBatch: z.int().min(1).max(1024),
    /**
     * What one instance adds to the resident set at most, its loading and its largest batch included
     * (training/measure/measure.ts).
     */
    memoryMiB: z.number().min(0),
    licence: z.string().min(1),
    origin: z.strictObject({
      package: z.string().min(1).optional(),
      version: z.string().min(1).optional(),
      description: z.string().min(1),
    }),
    training: z.string().min(1).optional(),
    metrics: z.record(z.string(), z.number()).optional(),
    notes: z.array(z.string().min(1)),
  })
  .refine((c) => c.framework === 'none' || c.weights !== undefined, {
    path: ['weights'],
    message: 'required unless the framework is "none"',
  })
  .refine((c) => c.framework !== 'none' || c.weights === undefined, {
    path: ['weights'],
    message: 'not allowed when the framework is "none"',
  });

export type ModelCard = Readonly<z.infer<typeof card>>;
export type ModelInput = ModelCard['input'];
/** One file of a model's weights. */
export type WeightFile = Readonly<z.infer<typeof weightFile>>;
export type ImageInput = Extract<ModelInput, { kind: 'image' }>;
export type ScaledImageInput = Extract<ModelInput, { kind: 'scaled-image' }>;
export type FeaturesInput = Extract<ModelInput, { kind: 'features' }>;

export const cardFile = 'card.json';

/** "scene@1": how pipelines, tags and metrics name the model. */
export function modelIdOf(model: Pick<ModelCard, 'name' | 'version'>): string {
  return `${model.name}@${model.version}`;
}

/** Every problem of the parsed JSON as `field: what is wrong`; empty for a valid card. */
function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const field = issue.path.length === 0 ? 'the card' : issue.path.join('.');
    return `${field}: ${issue.message}`;
  });
}

/**
 * Checks a parsed card. `file` is only named in the message.
 * @throws FanlightError `invalid-card`, naming the file and all wrong fields at once.
 */
export function parseCard(json: unknown, file: string): ModelCard {
  const parsed = card.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalidCard(
    file,
    problemsOf(parsed.error).join('; '),
    'Correct these fields; the format is described in models/card.ts.',
    parsed.error,
  );
}

/**
 * Reads `card.json` of the folder `dir`.
 * @throws FanlightError `invalid-card` when it is missing, no JSON, or wrong in any field.
 */
export function loadCard(dir: string): ModelCard {
  const file = join(dir, cardFile);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw missing
      ? invalidCard(
          file,
          'the file does not exist',
          `Put the model's ${cardFile} into that folder, or correct the catalogue's root.`,
          cause,
        )
      : invalidCard(file, `the file cannot be read as JSON (${String(cause)})`, 'Correct its syntax.', cause);
  }
  return parseCard(json, file);
}

export function invalidCard(file: string, problems: string, remedy: string, cause?: unknown): FanlightError {
  return new FanlightError({ code: 'invalid-card', message: `Model card ${file}: ${problems}.`, remedy, cause });
}
