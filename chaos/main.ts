/**
 * `npm run chaos -- [--schedules N] [--seed S] [--only FAMILY]`: real processes and real servers under faults.
 *
 * Prints the plan of each schedule, then one row for each. Exits with 1 when something was lost, doubled or wrong.
 */
import { parseArgs } from 'node:util';
import { families, familyNamed, planSchedule } from './plan/families.js';
import { scheduleText } from './plan/text.js';
import { isGreen } from './report/row.js';
import { writeTable, markdownTable } from './report/table.js';
import { findingTexts, heading, rowText, summaryText } from './report/text.js';
import { runSchedules } from './run.js';

// The AWS SDK otherwise warns about the version of Node on every run.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const usage = `npm run chaos -- [options]
  --schedules N   number of schedules (default: 12)
  --seed S        seed of the plan (default: 1); the same seed gives the same plan
  --only FAMILY   ${families.map(({ name, about }) => `${name}: ${about}`).join('\n                  ')}
                  (default: ${families[0]?.name ?? ''})
  --pick N        only the schedule with this number
  --short         fewer records and shorter waits, as in the tests
  --delivery D    FANLIGHT_DELIVERY of all processes, such as transactions
  --table FILE    also write the rows to this Markdown file, between its marks if it has them
  --plan          print the plan, and end
  --keep          keep data and logs also when all is well
`;

const say = (line: string) => console.log(line);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      schedules: { type: 'string', default: '12' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string', default: families[0]?.name ?? '' },
      pick: { type: 'string' },
      short: { type: 'boolean', default: false },
      delivery: { type: 'string' },
      table: { type: 'string' },
      plan: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const family = familyNamed(values.only);
  const [seed, wanted] = [Number(values.seed), Number(values.schedules)];
  if (values.help || family === undefined || !Number.isInteger(seed) || !(wanted > 0)) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const numbers = values.pick === undefined ? Array.from({ length: wanted }, (_, at) => at + 1) : [Number(values.pick)];
  const schedules = numbers.map((number) => planSchedule(family, number, { seed, short: values.short }));
  if (values.plan) {
    schedules.forEach((schedule) => say(scheduleText(schedule)));
    return 0;
  }
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort(new Error('stopped')));
  process.once('SIGTERM', () => abort.abort(new Error('stopped')));
  const rows = await runSchedules({
    ...{ schedules, seed, say, keep: values.keep, delivery: values.delivery, signal: abort.signal },
    onSchedule: (schedule) => say(scheduleText(schedule)),
    onRow(row) {
      say(heading);
      say(rowText(row));
      findingTexts(row).forEach(say);
    },
  });
  say('');
  say(heading);
  rows.forEach((row) => say(rowText(row)));
  say(summaryText(rows));
  const command = ['npm run chaos --', ...process.argv.slice(2)].join(' ').replace(/ --table \S+/, '');
  if (values.table !== undefined) writeTable(values.table, markdownTable(rows, command));
  return rows.every(isGreen) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
