// npm run simulate -- --seeds 10000 --from 1 | --seed N [--trace] | --plan FILE [--trace]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { saveFound } from './found.js';
import { minimise } from './minimise.js';
import { simulate } from './simulate.js';
import { describeFault } from './world/faults.js';
import { planOf, type Plan } from './world/plan.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    /** Runs this seed alone. */
    seed: { type: 'string' },
    /** Runs the plan of a file of `found/`. */
    plan: { type: 'string' },
    /** Prints what happens in the simulation. */
    trace: { type: 'boolean', default: false },
    /** Ends at the first failing seed, and saves nothing. */
    first: { type: 'boolean', default: false },
  },
});

if (values.plan !== undefined) await runOne(JSON.parse(readFileSync(values.plan, 'utf8')) as Plan);
else if (values.seed !== undefined) await runOne(planOf(Number(values.seed)));
else await runMany(Number(values.from), Number(values.seeds));

async function runOne(plan: Plan): Promise<void> {
  const { lines, violations, hash, recoveryMs } = await simulate(plan, { keepLines: values.trace });
  for (const line of lines) console.log(line);
  console.log(`seed ${plan.seed}: sink ${plan.settings.sink}, ${plan.photos.length} photos, trace ${hash}`);
  for (const fault of plan.faults) console.log(`  fault: ${describeFault(fault)}`);
  for (const violation of violations) console.log(`  VIOLATION: ${violation}`);
  console.log(`  processed ${Math.round(recoveryMs)} ms after the last fault`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}

async function runMany(from: number, seeds: number): Promise<void> {
  // Traces of errors cost a tenth of the time, and nobody reads them.
  Error.stackTraceLimit = 0;
  const startedAt = performance.now();
  const failing: number[] = [];
  let slowestMs = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const { violations, recoveryMs } = await simulate(planOf(seed));
    slowestMs = Math.max(slowestMs, recoveryMs);
    if (violations.length === 0) continue;
    failing.push(seed);
    console.log(`seed ${seed}: ${violations[0]}`);
    if (values.first) break;
    await save(seed);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage();
  console.log(
    `${seeds} seeds from ${from} in ${seconds.toFixed(1)} s (${(seeds / seconds).toFixed(1)} seeds/s, ` +
      `${((user + system) / 1_000 / seeds).toFixed(0)} ms of CPU a seed), ${failing.length} failed, ` +
      `slowest recovery ${(slowestMs / 1_000).toFixed(1)} s`,
  );
  process.exitCode = failing.length === 0 ? 0 : 1;
}

async function save(seed: number): Promise<void> {
  const plan = await minimise(planOf(seed));
  const { violations } = await simulate(plan);
  console.log(`  ${saveFound({ note: '', violations, ...plan })}`);
}
