import { describe, expect, it } from 'vitest';
import { runSabotaged } from './sabotaged-run.js';
import { sabotages } from './sabotages.js';

const seeds = 200;

describe('the simulation finds', () => {
  it.each(sabotages)('$name', async (sabotage) => {
    const { seed, output } = await runSabotaged(sabotage, seeds);
    expect(seed, output).toBeDefined();
    console.info(`${sabotage.name}: found at seed ${seed}`);
  });

  it('nothing in a product that no text of a sabotage fits', async () => {
    const absent = { name: 'absent', edits: [{ file: 'primitives/window.ts', from: 'no such text', to: '' }] };
    await expect(runSabotaged(absent, 1)).rejects.toThrow('exactly once');
  });
});
