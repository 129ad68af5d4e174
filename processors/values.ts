/** The values that flow along the edges of a pipeline graph. */

/** Dense row-major tensor. Pixels are `uint8` in HWC order, RGB. */
export interface Tensor {
  readonly dtype: 'uint8' | 'float32';
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array;
}

export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif';

/** An image file whose format was identified from its content. */
export interface ImageFile {
  readonly bytes: Uint8Array;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly format: ImageFormat;
}

/** Decoded pixels: upright, RGB, 8 bits per channel, alpha flattened. They may have been scaled down while decoding. */
export interface Pixels {
  /** width × height × 3 bytes. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** The facts about the original that later stages need. */
  readonly facts: ImageFacts;
}

export interface ImageFacts {
  readonly sha256: string;
  readonly format: ImageFormat;
  /** Pixels, upright, before any scaling. */
  readonly width: number;
  /** Pixels, upright, before any scaling. */
  readonly height: number;
}
