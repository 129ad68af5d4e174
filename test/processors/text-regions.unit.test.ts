import { describe, expect, it } from 'vitest';
import { findTextRegions } from '../../processors/text/text-regions.js';

const side = 16;

/** A grid in which each cell of the drawing is text (`#` fully, `+` by half), all with the given probability. */
function grids(rows: readonly string[], probability = 0.75) {
  const coverage = new Float32Array(side * side);
  for (const [y, row] of rows.entries())
    for (const [x, cell] of [...row].entries()) coverage[y * side + x] = { '#': 1, '+': 0.5 }[cell] ?? 0;
  return { coverage, strength: coverage.map((covered) => covered * probability) };
}

function regionsOf(rows: readonly string[], probability?: number) {
  const { coverage, strength } = grids(rows, probability);
  return findTextRegions(coverage, strength);
}

describe('findTextRegions', () => {
  it('finds no region without text', () => {
    expect(regionsOf([])).toEqual([]);
  });

  it('measures area, probability, fill and box of a level line', () => {
    expect(regionsOf(['', '  ####', '  ++++'])).toEqual([
      {
        share: 6 / 256,
        probability: expect.closeTo(0.75),
        fill: expect.closeTo(0.75),
        box: { x: 2 / 16, y: 1 / 16, width: 4 / 16, height: 2 / 16 },
      },
    ]);
  });

  it('joins cells that touch at a corner, but not across row ends, and sorts regions by size', () => {
    expect(
      regionsOf(['##', '  #', '   #', '', '#              #']).map(({ share }) => Math.round(share * 256)),
    ).toEqual([4, 1, 1]);
  });

  it('measures a high fill for a slanted line, and a low fill for a loose pattern', () => {
    const aslant = regionsOf(Array.from({ length: 12 }, (_, i) => `${' '.repeat(i)}###`))[0]!;
    const loose = regionsOf([
      '# # # # #',
      ' # # # # ',
      '# # # # #',
      ' #     # ',
      '# # # # #',
      ' # # # # ',
      '#       #',
    ])[0]!;
    expect(aslant.box).toEqual({ x: 0, y: 0, width: 14 / 16, height: 12 / 16 });
    expect(aslant.fill).toBeGreaterThan(0.6);
    expect(loose.fill).toBeLessThan(0.5);
  });

  it('finds a region that covers the whole photo', () => {
    expect(regionsOf(Array.from({ length: side }, () => '#'.repeat(side)))).toEqual([
      { share: 1, probability: 0.75, fill: expect.closeTo(1), box: { x: 0, y: 0, width: 1, height: 1 } },
    ]);
  });
});
