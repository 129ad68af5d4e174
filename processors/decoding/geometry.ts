/** What a model wants of an image, as geometry only: normalisation happens where the tensor is consumed. */
export type ImageSpec = CropSpec | SquashSpec;

export type Kernel = 'lanczos3' | 'cubic' | 'linear';

interface SpecBase {
  /** Width and height of the result, pixels. */
  readonly size: readonly [width: number, height: number];
  /** Resampling filter, anti-aliased when shrinking; `lanczos3` unless told. */
  readonly kernel?: Kernel;
}

/** Keeps the aspect: the short side becomes `shortSide`, then the centre is cut out. */
export interface CropSpec extends SpecBase {
  readonly mode: 'crop';
  /** Pixels; the larger side of `size` unless told. */
  readonly shortSide?: number;
}

/** Ignores the aspect: the whole image becomes `intermediate`, then the centre is cut out. */
export interface SquashSpec extends SpecBase {
  readonly mode: 'squash';
  /** Width and height, pixels; `size` unless told. */
  readonly intermediate?: readonly [width: number, height: number];
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

/** Canonical: specs with the same meaning have the same name, so that their models share one tensor. */
export function specName(spec: ImageSpec): string {
  const [width, height] = spec.size;
  const parts = [`${width}x${height}`, spec.mode];
  if (spec.mode === 'crop') {
    const shortSide = spec.shortSide ?? Math.max(width, height);
    if (shortSide !== Math.max(width, height)) parts.push(`${shortSide}`);
  } else {
    const [fromWidth, fromHeight] = spec.intermediate ?? spec.size;
    if (fromWidth !== width || fromHeight !== height) parts.push(`${fromWidth}x${fromHeight}`);
  }
  const kernel = spec.kernel ?? defaultKernel;
  if (kernel !== defaultKernel) parts.push(kernel);
  return parts.join('-');
}

/**
 * Smallest short side and long side that a decoded image must keep so that `spec` is still made by shrinking
 * (pixels; for `squash` both sides may be either one).
 */
export function leastSides(spec: ImageSpec): { shortSide: number; longSide: number } {
  if (spec.mode === 'crop') {
    const shortSide = spec.shortSide ?? Math.max(...spec.size);
    return { shortSide, longSide: shortSide };
  }
  const side = Math.max(...(spec.intermediate ?? spec.size));
  return { shortSide: side, longSide: side };
}
