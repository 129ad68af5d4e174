export interface DecodeOptions {
  /** Pixels; an image may be scaled down while decoding as long as its short side stays at least this long. */
  readonly minShortSide: number;
  /** Pixels; likewise for the long side. */
  readonly minLongSide: number;
  /** Pixels of the largest image that is decoded; checked on the header, before memory is taken. */
  readonly maxPixels: number;
  /** Whole seconds (what libvips counts in). */
  readonly timeoutSeconds: number;
}

export const decodeDefaults = {
  /** What the quality measurement looks at. */
  minLongSide: 512,
  maxPixels: 50_000_000,
  timeoutSeconds: 10,
} as const;
