/**
 * `npm run bench:hostile [-- --count N --at-once N --per-second N --seed N]`: a gateway under attack.
 *
 * Sends requests that are made to bring the gateway down, and honest requests beside them. Prints whether the gateway
 * stayed up, how much memory it used, and how much slower the honest requests became.
 */
import { parseArgs } from 'node:util';
import { gatewayHeapMiB } from '../../local/deployment.js';
import { readPhotos, say, withDeployment } from '../support/deployment.js';
import { percentile } from '../support/statistics.js';
import { honestUnderAttack, type HonestTimes, type UnderAttack } from './under-attack.js';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '200' },
      'at-once': { type: 'string', default: '16' },
      'per-second': { type: 'string', default: '5' },
      'hold-ms': { type: 'string', default: '6000' },
      'alone-seconds': { type: 'string', default: '40' },
      seed: { type: 'string', default: '1' },
    },
  });
  await withDeployment({}, async ({ deployment }) => {
    const { gatewayUrl, processes } = deployment.record();
    const pidOf = () => deployment.record().processes.find(({ name }) => name === 'gateway')?.pid ?? 0;
    const pid = pidOf();
    say(`${processes.length} processes; the gateway has pid ${pid}`);
    const result = await honestUnderAttack({
      gatewayUrl,
      pid,
      photos: readPhotos(undefined, 14),
      perSecond: 5,
      aloneSeconds: Number(values['alone-seconds']),
      plan: { count: Number(values.count), seed: Number(values.seed) },
      load: {
        atOnce: Number(values['at-once']),
        perSecond: Number(values['per-second']),
        holdMs: Number(values['hold-ms']),
      },
    });
    print(result, pidOf() === pid);
  });
}

function print({ alone, beside, outcomes, rssBefore, rssMost }: UnderAttack, isAlive: boolean): void {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const ok = (times: HonestTimes['requests']) => times.filter((ms) => ms !== null);
  const line = (name: string, times: HonestTimes['requests']) => {
    const good = ok(times);
    print(
      `${name.padEnd(26)} p50 ${percentile(good, 0.5).toFixed(0)} ms, p99 ${percentile(good, 0.99).toFixed(0)} ms (${times.length}, ${times.length - good.length} failed)`,
    );
  };
  line('honest alone', alone.requests);
  line('honest beside', beside.requests);
  line('health alone', alone.health);
  line('health beside', beside.health);
  for (const text of [...alone.errors, ...beside.errors].slice(0, 5)) print(`  ${text}`);
  print(
    `honest p99 beside / alone ${(percentile(ok(beside.requests), 0.99) / percentile(ok(alone.requests), 0.99)).toFixed(2)}`,
  );
  print(
    `the gateway ${isAlive ? 'stayed up' : 'DIED'}; resident set ${rssBefore.toFixed(0)} MiB before, ${rssMost.toFixed(0)} MiB at most (heap limit ${gatewayHeapMiB})`,
  );
  const counts = new Map<string, number>();
  for (const [name, outcome] of outcomes)
    counts.set(`${name}: ${outcome}`, (counts.get(`${name}: ${outcome}`) ?? 0) + 1);
  for (const [text, count] of [...counts].sort(([a], [b]) => a.localeCompare(b))) print(`  ${text} (${count})`);
}

await main();
