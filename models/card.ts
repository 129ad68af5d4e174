import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { FanlightError } from '../schemas/failure.js';
import { outputName } from '../schemas/models/reference.js';
import { columns, namesOf } from './columns.js';

/**
 * A model card: the facts about one version of a model that a worker needs before it loads the weights, and those that
 * an operator checks first. Each folder of the catalogue has one `card.json`.
 */

const pixels = z.int().min(1).max(4096);
const side = z.tuple([pixels, pixels]).describe('[width, height] in pixels');

/** Geometry of the resize step before the centre crop to `size`. */
const resize = z.discriminatedUnion('mode', [
  /** Keeps the aspect ratio: the short side is scaled to `shortSide`, then the centre is cropped. */
  z.strictObject({ mode: z.literal('crop'), shortSide: pixels }),
  /** Ignores the aspect ratio: the whole image is scaled to `intermediate`, then the centre is cropped. */
  z.strictObject({ mode: z.literal('squash'), intermediate: side }),
  /** An operation such as `crop-text-lines` crops regions of the image and scales each to this size. */
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
 * The whole upright image, scaled down (never up) so that its long side is at most `longSide`. Each side is then
 * rounded to the nearest multiple of `multipleOf`, at least one multiple. Sizes vary, and only images of equal size
 * share a batch.
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

/** The whole upright image, scaled down (never up) to `longSide`, without cropping. */
const wholeImageInput = z.strictObject({
  kind: z.literal('whole-image'),
  longSide: pixels,
  colour: z.literal('RGB'),
  layout: z.literal('HWC'),
  dtype: z.literal('uint8'),
});

const modelId = z.string().regex(/^[a-z][a-z0-9-]*@[1-9][0-9]*$/, 'expected a model id such as "scene@1"');

/** Outputs of other models. Each is an input with the name `<model>/<output>`, such as `scene@1/features`. */
const featuresInput = z
  .strictObject({
    kind: z.literal('features'),
    from: z.array(z.strictObject({ model: modelId, outputs: z.array(z.string().min(1)).min(1) })).min(1),
    /** Sizes and transforms of these outputs, for weights that do not include them. */
    columns: columns.optional(),
  })
  .refine((input) => new Set(featureNames(input)).size === featureNames(input).length, {
    path: ['from'],
    message: 'names an output twice',
  })
  .refine((input) => !input.columns || namesOf(input.columns).join() === featureNames(input).join(), {
    path: ['columns'],
    message: 'expected columns for each output of `from`, in the same order',
  });

/** Input names of a features model, in the order of the card. */
export function featureNames({
  from,
}: {
  readonly from: readonly { readonly model: string; readonly outputs: readonly string[] }[];
}): string[] {
  return from.flatMap(({ model, outputs }) => outputs.map((output) => outputName(model, output)));
}

const output = z.strictObject({
  name: z.string().min(1),
  /** "N" is the batch size. */
  shape: z.tuple([z.literal('N')], z.int().min(1)),
  dtype: z.literal('float32'),
  meaning: z.string().min(1),
  /** True when the output has one value per label, in label order. */
  perLabel: z.boolean().optional(),
});

const fileName = z.string().regex(/^[\w.-]+$/, 'expected a file name without a folder');

const contents = {
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hexadecimal digits'),
  bytes: z.int().min(1),
};

/** npm package that ships the file. Default: the file is in the folder of the card. */
const packageName = z.string().regex(/^(?:@[a-z0-9-]+\/)?[a-z0-9][a-z0-9._-]*$/, 'expected the name of an npm package');

/** Path within the package, or a plain file name in the folder of the card. */
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
 * The file that the framework opens, and the files that it refers to (`data`), such as the shards of a TensorFlow.js
 * model.
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
    /** A key of `frameworks`, or "none" for a model that is plain arithmetic inside operations. */
    framework: z.string().regex(/^[a-z][a-z0-9-]*$/, 'expected lower-case letters, digits and hyphens'),
    weights: weights.optional(),
    input: z.discriminatedUnion('kind', [imageInput, scaledImageInput, wholeImageInput, featuresInput]),
    outputs: z.array(output).min(1),
    labels: fileName.optional(),
    vocabulary: fileName.optional(),
    /** Constants that operations read, such as thresholds. */
    parameters: z.record(z.string(), z.number()).optional(),
    maxBatch: z.int().min(1).max(1024),
    /**
     * Upper bound of the resident memory (MiB) that one instance adds, including loading and its largest batch.
     * Measured by training/measure/measure.ts.
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
export type CardInput = ModelCard['input'];
/** One file of a model's weights. */
export type WeightFile = Readonly<z.infer<typeof weightFile>>;
export type ImageInput = Extract<CardInput, { kind: 'image' }>;
export type ScaledImageInput = Extract<CardInput, { kind: 'scaled-image' }>;
export type FeaturesInput = Extract<CardInput, { kind: 'features' }>;

export const cardFile = 'card.json';

/** The id by which pipelines, tags and metrics name the model, such as "scene@1". */
export function modelIdOf(model: Pick<ModelCard, 'name' | 'version'>): string {
  return `${model.name}@${model.version}`;
}

/** Returns every problem of the parsed JSON as `field: problem`. */
function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const field = issue.path.length === 0 ? 'the card' : issue.path.join('.');
    return `${field}: ${issue.message}`;
  });
}

/**
 * Validates a parsed card. `file` appears in the error message only.
 * @throws FanlightError `invalid-card`, naming the file and every wrong field.
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
 * Reads `card.json` from the folder `dir`.
 * @throws FanlightError `invalid-card` when the file is missing, is not JSON, or has an invalid field.
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
