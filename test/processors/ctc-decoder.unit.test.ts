import { describe, expect, it } from 'vitest';
import { decodeCtc } from '../../processors/text/ctc-decoder.js';

const characters = ['', 'S', 'O', 'L', 'D', ' '];

/** Decodes steps given as characters (`-` is the blank), all of the same probability. */
function decoded(steps: string, probability = 0.5) {
  const indexes = [...steps].map((character) => (character === '-' ? 0 : characters.indexOf(character)));
  return decodeCtc(Float32Array.from(indexes), new Float32Array(steps.length).fill(probability), characters);
}

describe('decodeCtc', () => {
  it.each([
    ['-S-O-L-D-', 'SOLD'],
    ['SSSOOLLLD', 'SOLD'],
    ['LL-L--OO', 'LLO'],
    ['SOL D', 'SOL D'],
    ['--  SO  - LD - ', 'SO LD'],
    ['---', ''],
    ['', ''],
  ])('reads %j as %j', (steps, text) => {
    expect(decoded(steps).text).toBe(text);
  });

  it('averages the probability of the kept characters at their first step', () => {
    const probability = Float32Array.from([0.1, 0.8, 0.2, 0.1, 0.4]);
    expect(decodeCtc(Float32Array.from([0, 1, 1, 0, 2]), probability, characters)).toEqual({
      text: 'SO',
      score: expect.closeTo(0.6),
    });
    expect(decoded('---').score).toBe(0);
  });
});
