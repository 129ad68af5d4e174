/** The image geometry that a model needs. Normalisation is not part of it: the consumer of the tensor does that. */
export type ImageSpec = CropSpec | SquashSpec | MultipleSpec;

export type Kernel = 'lanczos3' | 'cubic' | 'linear';

interface SpecBase {
  /** Resampling filter, anti-aliased when shrinking. Default: `lanczos3`. */
  readonly kernel?: Kernel;
}

/** Keeps the aspect ratio: the short side is scaled to `shortSide`, then the centre is cropped. */
export interface CropSpec extends SpecBase {
  readonly mode: 'crop';
  /** Width and height of the result (pixels). */
  readonly size: readonly [width: number, height: number];
  /** Short side after scaling (pixels). Default: the larger side of `size`. */
  readonly shortSide?: number;
}

/** Ignores the aspect ratio: the whole image is scaled to `intermediate`, then the centre is cropped. */
export interface SquashSpec extends SpecBase {
  readonly mode: 'squash';
  /** Width and height of the result (pixels). */
  readonly size: readonly [width: number, height: number];
  /** Width and height before the crop (pixels). Default: `size`. */
  readonly intermediate?: readonly [width: number, height: number];
}

/**
 * Keeps the whole image and approximately its aspect ratio. It is scaled down (never up) so that the long side is at
 * most `longSide`. Each side is then rounded to the nearest multiple of `multipleOf`, at least one multiple.
 */
export interface MultipleSpec extends SpecBase {
  readonly mode: 'multiple';
  readonly multipleOf: number;
  /** Long side (pixels), a multiple of `multipleOf`. */
  readonly longSide: number;
}

/** Resizes to `width`×`height`, then crops `size` at (`left`, `top`). All in pixels. */
export interface ResizePlan {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly size: readonly [width: number, height: number];
  readonly kernel: Kernel;
}

const defaultKernel: Kernel = 'lanczos3';

/**
 * Plans a resize. `width` and `height` are those of the upright original, so the plan does not depend on scaling while
 * decoding. If the crop is larger than the resized image, the plan enlarges the resize.
 */
export function planResize(spec: ImageSpec, width: number, height: number): ResizePlan {
  if (spec.mode === 'multiple') return fitMultiples(spec, width, height);
  const [cropWidth, cropHeight] = spec.size;
  const [resizedWidth, resizedHeight] =
    spec.mode === 'squash' ? (spec.intermediate ?? spec.size) : fitShortSide(spec, width, height);
  return {
    width: resizedWidth,
    height: resizedHeight,
    left: Math.floor((resizedWidth - cropWidth) / 2),
    top: Math.floor((resizedHeight - cropHeight) / 2),
    size: spec.size,
    kernel: spec.kernel ?? defaultKernel,
  };
}

function fitShortSide(spec: CropSpec, width: number, height: number): [number, number] {
  const shortSide = spec.shortSide ?? Math.max(...spec.size);
  const scale = Math.max(shortSide / Math.min(width, height), spec.size[0] / width, spec.size[1] / height);
  return [Math.max(spec.size[0], Math.round(width * scale)), Math.max(spec.size[1], Math.round(height * scale))];
}

function fitMultiples(
  { multipleOf, longSide, kernel = defaultKernel }: MultipleSpec,
  width: number,
  height: number,
): ResizePlan {
  const scale = Math.min(1, longSide / Math.max(width, height));
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round((side * scale) / multipleOf)) * multipleOf) as [
    number,
    number,
  ];
  return { width: w, height: h, left: 0, top: 0, size: [w, h], kernel };
}

/** Returns a canonical name: specs with the same meaning have the same name, so that their models share one tensor. */
export function specName(spec: ImageSpec): string {
  const parts = spec.mode === 'multiple' ? [`multiple-of-${spec.multipleOf}-up-to-${spec.longSide}`] : sizedParts(spec);
  const kernel = spec.kernel ?? defaultKernel;
  if (kernel !== defaultKernel) parts.push(kernel);
  return parts.join('-');
}

function sizedParts(spec: CropSpec | SquashSpec): string[] {
  const [width, height] = spec.size;
  const parts = [`${width}x${height}`, spec.mode];
  if (spec.mode === 'crop') {
    const shortSide = spec.shortSide ?? Math.max(width, height);
    if (shortSide !== Math.max(width, height)) parts.push(`${shortSide}`);
  } else {
    const [fromWidth, fromHeight] = spec.intermediate ?? spec.size;
    if (fromWidth !== width || fromHeight !== height) parts.push(`${fromWidth}x${fromHeight}`);
  }
  return parts;
}

/**
 * Returns the smallest short and long side (pixels) that a decoded image needs so that `spec` only shrinks it. For
 * `squash`, either side may be the short one. Rounding to a multiple is ignored.
 */
export function leastSides(spec: ImageSpec): { shortSide: number; longSide: number } {
  if (spec.mode === 'crop') {
    const shortSide = spec.shortSide ?? Math.max(...spec.size);
    return { shortSide, longSide: shortSide };
  }
  if (spec.mode === 'multiple') return { shortSide: spec.multipleOf, longSide: spec.longSide };
  const side = Math.max(...(spec.intermediate ?? spec.size));
  return { shortSide: side, longSide: side };
}
