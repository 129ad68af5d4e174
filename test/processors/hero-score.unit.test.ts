import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadCard } from '../../models/card.js';
import { heroFactors, heroScore, type HeroFacts } from '../../processors/hero-score.js';

const { parameters = {} } = loadCard(fileURLToPath(new URL('../../models/catalogue/hero@1', import.meta.url)));

const best: HeroFacts = {
  roomType: { name: 'exterior', score: 1 },
  meanLuma: 140,
  sharpness: 2000,
  text: 0,
  person: 0,
  nsfw: 0,
};
const score = (change: Partial<HeroFacts> = {}) => heroScore(heroFactors({ ...best, ...change }, parameters));
const room = (name: string, likely: number) => ({ roomType: { name, score: likely } });

test('the hero score is the product of the factors from the card', () => {
  expect(score()).toBe(1);
  expect(
    heroFactors(
      { roomType: { name: 'kitchen', score: 0.5 }, meanLuma: 45, sharpness: 45, text: 0.5, person: 0.5, nsfw: 0.1 },
      parameters,
    ),
  ).toEqual({
    room: expect.closeTo(0.55), // halfway between unknown (0.4) and kitchen (0.7)
    light: expect.closeTo(0.1),
    sharp: expect.closeTo(0.1),
    clear: expect.closeTo(0.6),
    empty: expect.closeTo(0.85),
    safe: expect.closeTo(0.9),
  });
});

test.each<[string, readonly Partial<HeroFacts>[]]>([
  ['less light', [100, 90, 72, 60, 46, 45].map((meanLuma) => ({ meanLuma }))],
  ['less sharpness', [400, 300, 150, 90, 46, 45].map((sharpness) => ({ sharpness }))],
  ['more text', [0, 0.1, 0.5, 0.9, 1].map((text) => ({ text }))],
  ['a person with more confidence', [0, 0.1, 0.5, 0.9, 1].map((person) => ({ person }))],
  ['less safety', [0, 0.1, 0.4, 0.49, 0.5].map((nsfw) => ({ nsfw }))],
  ['an exterior with less confidence', [1, 0.9, 0.6, 0.2, 0].map((likely) => room('exterior', likely))],
  ['a bathroom with more confidence', [0, 0.2, 0.6, 1].map((likely) => room('bathroom', likely))],
  [
    'a room of lower worth',
    ['exterior', 'living_room', 'kitchen', 'dining_room', 'bedroom', 'entrance_hall', 'bathroom'].map((name) =>
      room(name, 0.9),
    ),
  ],
])('the hero score falls with each step of: %s', (_what, steps) => {
  const scores = steps.map((step) => score(step));
  for (const [at, one] of scores.entries()) if (at > 0) expect(one).toBeLessThan(scores[at - 1] ?? NaN);
});

test('the hero score is between 0 and 1 for extreme measurements, and 0 for an unsafe photo', () => {
  for (const meanLuma of [0, 255]) {
    for (const sharpness of [0, 1e6]) {
      for (const [text, person, nsfw] of [
        [0, 0, 0],
        [1, 1, 0.49],
      ] as const) {
        const one = score({ meanLuma, sharpness, text, person, nsfw, roomType: null });
        expect(one).toBeGreaterThan(0);
        expect(one).toBeLessThanOrEqual(1);
      }
    }
  }
  expect(score({ nsfw: 0.5 })).toBe(0);
});
