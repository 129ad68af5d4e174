import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../gateway/limits.js';
import { limitsFor, parseLimits } from '../../gateway/limits-setting.js';

const MiB = 2 ** 20;

describe('FANLIGHT_GATEWAY_LIMITS', () => {
  it.each<[string, object]>([
    ['', {}],
    ['imageBytes=10MiB, bodyMs=30s,connections=512', { imageBytes: 10 * MiB, bodyMs: 30_000, connections: 512 }],
    [
      'jsonBytes=2000,jobMs=2h,jobIdleMs=500ms,inlineBytes=8KiB,bodyGraceMs=1min',
      { jsonBytes: 2_000, jobMs: 7_200_000, jobIdleMs: 500, inlineBytes: 8_192, bodyGraceMs: 60_000 },
    ],
  ])('accepts "%s"', (text, limits) => {
    expect(parseLimits(text)).toEqual({ limits });
  });

  it.each<[string, string]>([
    ['imageByte=1', 'expected name=number with one of the names imageBytes, inlineBytes, '],
    ['constructor=1', 'expected name=number'],
    ['imageBytes', 'expected name=number'],
    ['imageBytes=-1', 'expected name=number'],
    ['imageBytes=10MB', 'imageBytes is given in plain numbers, KiB, MiB, not as "imageBytes=10MB"'],
    ['bodyMs=30', 'bodyMs is given in ms, s, min, h, not as "bodyMs=30"'],
    ['connections=5KiB', 'connections is given in plain numbers'],
    ['connections=0', 'connections must be at least 1'],
  ])('refuses "%s" with a message', (text, start) => {
    expect(parseLimits(text)).toEqual({ problem: expect.stringContaining(start) as string });
  });

  it('reserves a sixth of the heap for bodies, but at least the largest image', () => {
    expect(limitsFor(192 * MiB, {}).bodyMemoryBytes).toBe(32 * MiB);
    expect(limitsFor(64 * MiB, {}).bodyMemoryBytes).toBe(defaultLimits.imageBytes);
    expect(limitsFor(192 * MiB, { bodyMemoryBytes: 7 }).bodyMemoryBytes).toBe(7);
  });
});
