import { findTextRegions, type TextRegion } from './text-regions.js';

/** Outputs of a model such as overlay-text@1: see `findTextRegions`. */
export type TextCells = Readonly<Record<'coverage' | 'strength', Float32Array>>;

/** A region of text that seems to be laid over the photo. */
export interface OverlayRegion extends TextRegion {
  /** Minimum share at the place of the region. */
  readonly leastShare: number;
}

/**
 * Selects the text that seems to be laid over the photo, largest first. False detections in a room (patterns, frames,
 * labels) lie anywhere, whereas a credit lies at the upper or lower edge. In these margins (`margin`, a fraction of the
 * height), the text of a region must cover `marginShare` of the photo. Elsewhere it must cover `share`, reach
 * `probability`, and fill its rectangle like a line of text (`fill`).
 *
 * @param parameters parameters of the model's card
 */
export function overlayRegions(
  { coverage, strength }: TextCells,
  parameters: Readonly<Record<string, number>>,
): OverlayRegion[] {
  const { margin = 0.12, marginShare = 0.0012, share = 0.0025, fill = 0.3, probability = 0.95 } = parameters;

  function leastShare(region: TextRegion): number {
    const { y, height } = region.box;
    if (y + height <= margin || y >= 1 - margin) return marginShare;
    return region.fill >= fill && region.probability >= probability ? share : Infinity;
  }

  return findTextRegions(coverage, strength)
    .map((region) => ({ ...region, leastShare: leastShare(region) }))
    .filter((region) => region.share >= region.leastShare);
}
