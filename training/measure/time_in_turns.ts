/** Duration of one call (ms). */
export interface Timing {
  readonly median: number;
  readonly fastest: number;
  /** Speed relative to the first run: the median over the rounds. */
  readonly ratio: number;
  /** The same ratio of CPU time, to which other work on the machine adds little. */
  readonly processorRatio: number;
}

/**
 * Calls each of `runs` once per round, so that other work on the machine slows all of them alike. The first round is a
 * warm-up and not measured.
 */
export async function timeInTurns(runs: readonly (() => Promise<unknown>)[], rounds: number): Promise<Timing[]> {
  const elapsed: number[][] = runs.map(() => []);
  const worked: number[][] = runs.map(() => []);
  for (let round = -1; round < rounds; round += 1) {
    for (const [at, run] of runs.entries()) {
      const started = performance.now();
      const before = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      elapsed[at]?.push(performance.now() - started);
      worked[at]?.push((user + system) / 1000);
    }
  }
  return elapsed.map((mine, at) => ({
    median: medianOf(mine),
    fastest: Math.min(...mine),
    ratio: ratioOf(elapsed[0] ?? [], mine),
    processorRatio: ratioOf(worked[0] ?? [], worked[at] ?? []),
  }));
}

function ratioOf(first: readonly number[], mine: readonly number[]): number {
  return medianOf(mine.map((ms, round) => (first[round] ?? NaN) / ms));
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
