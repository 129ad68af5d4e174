/** What a model wants of an image, as geometry only: normalisation happens where the tensor is consumed. */
export type ImageSpec = CropSpec | SquashSpec | MultipleSpec;

export type Kernel = 'lanczos3' | 'cubic' | 'linear';

interface SpecBase {
  /** Resampling filter, anti-aliased when shrinking; `lanczos3` unless told. */
  readonly kernel?: Kernel;
}

/** Keeps the aspect: the short side becomes `shortSide`, then the centre is cut out. */
export interface CropSpec extends SpecBase {
  readonly mode: 'crop';
  /** Width and height of the result, pixels. */
  readonly size: readonly [width: number, height: number];
  /** Pixels; the larger side of `size` unless told. */
  readonly shortSide?: number;
}

/** Ignores the aspect: the whole image becomes `intermediate`, then the centre is cut out. */
export interface SquashSpec extends SpecBase {
  readonly mode: 'squash';
  /** Width and height of the result, pixels. */
  readonly size: readonly [width: number, height: number];
  /** Width and height, pixels; `size` unless told. */
  readonly intermediate?: readonly [width: number, height: number];
}

/**
 * The whole image with its aspect, about: scaled down so that the long side is at most `longSide` (never up), then each
 * side
 * to the nearest multiple of `multipleOf`, at least one.
 */
export interface MultipleSpec extends SpecBase {
  readonly mode: 'multiple';
  readonly multipleOf: number;
  /** Pixels, a multiple of `multipleOf`. */
  readonly longSide: number;
}

/** Resize to `width`×`height`, then cut `size` out at (`left`, `top`). Pixels. */
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
 * `width` and `height` are those of the upright original, so that an image that was already scaled down while decoding
 * gets the same plan as one that was not. A crop larger than the resized image is met by resizing larger.
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

/** Canonical: specs with the same meaning have the same name, so that their models share one tensor. */
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
 * Smallest short side and long side that a decoded image must keep so that `spec` is still made by shrinking
 * (pixels; for `squash` both sides may be either one; rounding to a multiple is not counted).
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
