/** The values that flow along the edges of a pipeline. */

/** Dense row-major tensor. Pixels are `uint8` in HWC order, RGB. */
export interface Tensor {
  readonly dtype: 'uint8' | 'float32';
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array;
}

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif';

/** An image file whose format was established from its magic bytes. */
export interface ImageFile {
  readonly bytes: Uint8Array;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly format: ImageFormat;
}

/** Decoded pixels, upright, RGB, 8 bits a channel, alpha flattened; possibly already scaled down while decoding. */
export interface Pixels {
  /** width × height × 3 bytes. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** What later stages want to know of the original. */
  readonly facts: ImageFacts;
}

export interface ImageFacts {
  readonly sha256: string;
  readonly format: ImageFormat;
  /** Upright, pixels, before any scaling. */
  readonly width: number;
  /** Upright, pixels, before any scaling. */
  readonly height: number;
}
