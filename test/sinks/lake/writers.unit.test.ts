import type * as Zlib from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { runWriters } from './writers.js';

// Without threads, thousands of small files take seconds, and the order of events depends on the seed alone.
vi.mock('node:zlib', async (original) => {
  const zlib = await original<typeof Zlib>();
  type Done = (error: Error | null, bytes: Buffer) => void;
  const deflateRaw = (bytes: Buffer, options: object, done: Done) => done(null, zlib.deflateRawSync(bytes, options));
  return { ...zlib, deflateRaw };
});

describe('three writers of one partition of the lake', () => {
  test('leave each record once, in 1,000 random schedules', { timeout: 120_000 }, async () => {
    const failures: unknown[] = [];
    for (let seed = 1; seed <= 1_000 && failures.length < 3; seed += 1) {
      const { rows, expected } = await runWriters(seed);
      if (rows.join() !== expected.join()) failures.push({ seed, rows, expected });
    }
    expect(failures).toEqual([]);
  });

  test('repeat or lose records if the store ignores conditional puts', async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 300 && outcomes.size < 2; seed += 1) {
      const { rows, expected } = await runWriters(seed, { honours: [] });
      const distinct = new Set(rows);
      if (distinct.size < rows.length) outcomes.add('repeated');
      if (expected.some((offset) => !distinct.has(offset))) outcomes.add('lost');
    }
    expect(outcomes).toEqual(new Set(['repeated', 'lost']));
  });
});
