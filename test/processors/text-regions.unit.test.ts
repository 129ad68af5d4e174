import { describe, expect, it } from 'vitest';
import { findTextRegions } from '../../processors/text/text-regions.js';

const side = 16;

/**
 * A grid on which each cell of the drawing counts as so much text (`#` all, `+` half), all of it as probable as told.
 */
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
  it('gives nothing where there is no text', () => {
    expect(regionsOf([])).toEqual([]);
  });

  it('measures a level line: area, probability, how full its rectangle is, and its box', () => {
    expect(regionsOf(['', '  ####', '  ++++'])).toEqual([
      {
        share: 6 / 256,
        probability: expect.closeTo(0.75),
        fill: expect.closeTo(0.75),
        box: { x: 2 / 16, y: 1 / 16, width: 4 / 16, height: 2 / 16 },
      },
    ]);
  });

  it('takes cells that touch at a corner together, also around an edge of a row, and others apart, the largest first', () => {
    expect(
      regionsOf(['##', '  #', '   #', '', '#              #']).map(({ share }) => Math.round(share * 256)),
    ).toEqual([4, 1, 1]);
  });

  it('finds a line aslant as full as a level one, and a loose pattern less', () => {
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

  it('follows a region that is the whole photo', () => {
    expect(regionsOf(Array.from({ length: side }, () => '#'.repeat(side)))).toEqual([
      { share: 1, probability: 0.75, fill: expect.closeTo(1), box: { x: 0, y: 0, width: 1, height: 1 } },
    ]);
  });
});
