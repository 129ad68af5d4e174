export interface DecodeOptions {
  /**
   * Minimum short side (pixels): the decoder may scale an image down as long as its short side stays at least this
   * long.
   */
  readonly minShortSide: number;
  /** Minimum long side (pixels), likewise. */
  readonly minLongSide: number;
  /** Size limit of an image (number of pixels). It is checked on the header, before memory is allocated. */
  readonly maxPixels: number;
  /** Timeout in whole seconds, the unit of libvips. */
  readonly timeoutSeconds: number;
}

export const decodeDefaults = {
  /** Long side of the image that the quality measurement reads. */
  minLongSide: 512,
  maxPixels: 50_000_000,
  timeoutSeconds: 10,
} as const;
