import { findTextRegions, type TextRegion } from './text-regions.js';

/** Answers of a model such as overlay-text@1: see `findTextRegions`. */
export type TextCells = Readonly<Record<'coverage' | 'strength', Float32Array>>;

/** A region that seems to be laid over the photo. */
export interface OverlayRegion extends TextRegion {
  /** The share that would have been enough at its place. */
  readonly leastShare: number;
}

/**
 * Text that seems to be laid over the photo, largest first. What a detector takes for text within a room (patterns,
 * frames, labels) lies anywhere, a credit at the upper or lower edge. So there (`margin`, a part of the height) a
 * region
 * is enough whose text covers `marginShare` of the photo; elsewhere it has to cover `share`, to be as certain as
 * `probability`
 * and to fill its rectangle as a line of text does (`fill`).
 *
 * @param parameters of the model's card
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
