import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: ['test/**/*.unit.test.ts'],
          testTimeout: 60_000, // a test that is done in 10 s alone takes longer beside others on a busy machine
          // Unless told, here and below, one core is left for a person.
          maxWorkers: availableParallelism(),
        },
      },
      {
        test: {
          // Models of the catalogue at work. Each computes for seconds, more than all else that needs no server.
          name: 'models',
          sequence: { groupOrder: 1 },
          include: ['test/**/*.model.test.ts'],
          testTimeout: 60_000,
          maxWorkers: availableParallelism(),
        },
      },
      {
        test: {
          // Seeds of the simulation (test/simulation/README.md), and the sabotages that it has to find.
          name: 'simulation',
          sequence: { groupOrder: 2 },
          include: ['test/simulation/**/*.sim.test.ts'],
          testTimeout: 120_000,
          maxWorkers: availableParallelism(),
        },
      },
      {
        test: {
          // Pages of docs/ that are followed word for word, in copies of the tree: each compiles all of it, which takes
          // long beside other work.
          name: 'docs',
          sequence: { groupOrder: 3 },
          include: ['test/**/*.docs.test.ts'],
          testTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'int',
          sequence: { groupOrder: 4 },
          include: ['test/**/*.int.test.ts'],
          globalSetup: 'test/support/platform-setup.ts',
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // The files share two cores with five servers; next to each other they only time each other out.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          sequence: { groupOrder: 5 },
          include: ['test/**/*.e2e.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
