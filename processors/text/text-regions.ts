import type { Box } from '../../schemas/events.js';

/** A connected group of cells with text. */
export interface TextRegion {
  /** Fraction of the photo's area that is text. */
  readonly share: number;
  /** Mean probability of the text, 0..1. */
  readonly probability: number;
  /**
   * Fraction of the smallest rectangle along the region's principal axes that is text. Lines of text, level or slanted,
   * fill theirs.
   */
  readonly fill: number;
  /** Bounding box of the cells. Each side may exceed the text by up to one cell. */
  readonly box: Box;
}

/**
 * Finds the connected regions of a square grid over the photo, largest share first. Cells that touch at a corner are
 * connected.
 *
 * @param coverage fraction of each cell that is text, row by row
 * @param strength `coverage` times the mean probability of that text
 */
export function findTextRegions(coverage: Float32Array, strength: Float32Array): TextRegion[] {
  const side = Math.round(Math.sqrt(coverage.length));
  const seen = new Uint8Array(coverage.length);
  const regions: TextRegion[] = [];
  for (let start = 0; start < coverage.length; start += 1) {
    if (isOpen(start)) regions.push(follow(start));
  }
  return regions.sort((a, b) => b.share - a.share);

  function isOpen(cell: number): boolean {
    return seen[cell] === 0 && (coverage[cell] ?? 0) > 0;
  }

  function follow(start: number): TextRegion {
    const cells = [start];
    seen[start] = 1;
    for (const cell of cells) {
      const [x, y] = [cell % side, Math.floor(cell / side)];
      for (let ny = Math.max(0, y - 1); ny <= Math.min(side - 1, y + 1); ny += 1) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(side - 1, x + 1); nx += 1) {
          const next = ny * side + nx;
          if (!isOpen(next)) continue;
          seen[next] = 1;
          cells.push(next);
        }
      }
    }
    const covered = sum(cells.map((cell) => coverage[cell] ?? 0));
    const strong = sum(cells.map((cell) => strength[cell] ?? 0));
    return { share: covered / coverage.length, probability: strong / covered, fill: fillOf(cells), box: boxOf(cells) };
  }

  function boxOf(cells: readonly number[]): Box {
    const [left, right] = range(cells.map((cell) => cell % side));
    const [top, bottom] = range(cells.map((cell) => Math.floor(cell / side)));
    return { x: left / side, y: top / side, width: (right + 1 - left) / side, height: (bottom + 1 - top) / side };
  }

  function fillOf(cells: readonly number[]): number {
    const points = cells.map((cell) => ({ x: cell % side, y: Math.floor(cell / side), weight: coverage[cell] ?? 0 }));
    const total = sum(points.map(({ weight }) => weight));
    const [centreX, centreY] = [
      sum(points.map(({ x, weight }) => x * weight)) / total,
      sum(points.map(({ y, weight }) => y * weight)) / total,
    ];
    const moment = (of: (x: number, y: number) => number) =>
      sum(points.map(({ x, y, weight }) => of(x - centreX, y - centreY) * weight));
    const turn =
      Math.atan2(
        2 * moment((x, y) => x * y),
        moment((x, y) => x * x - y * y),
      ) / 2;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const [start, end] = range(points.map(({ x, y }) => x * cos + y * sin));
    const [near, far] = range(points.map(({ x, y }) => y * cos - x * sin));
    return total / ((end - start + 1) * (far - near + 1));
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function range(values: readonly number[]): readonly [least: number, most: number] {
  return values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
}
