import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foundPlans } from './found.js';
import { simulate } from './simulate.js';
import { planOf } from './world/plan.js';

const seeds = 200;
const seedsPerTest = 20;

const { stackTraceLimit } = Error;
beforeAll(() => {
  Error.stackTraceLimit = 0; // traces of errors would cost a tenth of the time
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

describe('simulated faults', () => {
  it.each(Array.from({ length: seeds / seedsPerTest }, (_, index) => 1 + index * seedsPerTest))(
    'lose, repeat and delay nothing for the seeds from %i',
    async (from) => {
      for (let seed = from; seed < from + seedsPerTest; seed += 1) {
        const { violations } = await simulate(planOf(seed));
        expect(violations, `seed ${seed}`).toEqual([]);
      }
    },
  );

  it.each(foundPlans().map((plan) => ({ plan, name: `${plan.seed}: ${plan.note}` })))(
    'stay mended for the seed $name',
    async ({ plan }) => {
      expect((await simulate(plan)).violations).toEqual([]);
    },
  );
});

describe('the simulation', () => {
  it('does the same for the same seed', async () => {
    const first = await simulate(planOf(7), { keepLines: true });
    await simulate(planOf(8));
    const second = await simulate(planOf(7), { keepLines: true });
    expect(second.lines).toEqual(first.lines);
    expect(second.hash).toBe(first.hash);
  });

  it('does something else for another seed', async () => {
    expect((await simulate(planOf(7))).hash).not.toBe((await simulate(planOf(8))).hash);
  });

  it('notices a store that acknowledges and forgets, which no client can repair', async () => {
    const plan = planOf(1);
    const forgetful = { kind: 'forgetful-store', atMs: 1_000, forMs: 10_000 } as const;
    expect((await simulate({ ...plan, faults: [forgetful] })).violations).not.toEqual([]);
    expect((await simulate({ ...plan, faults: [] })).violations).toEqual([]);
  });
});
