import { simulate } from './simulate.js';

const option = (name: string, fallback: string) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
};
if (!process.argv.includes('--trace')) Error.stackTraceLimit = 0;
const from = Number(option('from', '1'));
const seeds = Number(option('seeds', '10'));
const one = option('seed', '');
if (one !== '') {
  const result = await simulate(Number(one), { keepLines: process.argv.includes('--trace') });
  for (const line of result.lines) console.log(line);
  console.log(result.seed, result.hash, result.events, result.recoveryMs, result.faults, result.violations);
} else {
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let failed = 0;
  let events = 0;
  let slowest = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const result = await simulate(seed);
    events += result.events;
    slowest = Math.max(slowest, result.recoveryMs);
    if (result.violations.length > 0) {
      failed += 1;
      console.log(seed, result.faults.map((f) => f.kind).join(','), result.violations.slice(0, 2));
    }
  }
  const ms = performance.now() - startedAt;
  const { user, system: kernel } = process.cpuUsage(cpu);
  console.log({ cpuMsPerSeed: (user + kernel) / 1000 / seeds, seeds, failed, msPerSeed: ms / seeds, eventsPerSeed: events / seeds, slowest });
}
