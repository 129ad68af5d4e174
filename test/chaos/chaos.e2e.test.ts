import { expect, it } from 'vitest';
import { planSchedule, familyNamed } from '../../chaos/plan/families.js';
import { scheduleText } from '../../chaos/plan/text.js';
import { findingTexts, heading, rowText } from '../../chaos/report/text.js';
import { runSchedules } from '../../chaos/run.js';

/** Ten short schedules: family and numbers. `npm run chaos` runs others, and longer ones. */
const chosen = [
  ['mixed', [2, 3, 9, 12, 17]],
  ['sigterm', [2, 8]],
  ['broker-flaps', [1]],
  ['lake-outage', [3]],
  ['lake-late-puts', [2]],
] as const;
const seed = 14;

it('loses and doubles nothing under ten schedules of faults', async () => {
  const planned = chosen.flatMap(([name, numbers]) =>
    numbers.map((number) => planSchedule(familyNamed(name)!, number, { seed, short: true })),
  );
  // Ids of photos begin with the number of their schedule.
  const schedules = planned.map((schedule, index) => ({ ...schedule, number: index + 1 }));
  const lines: string[] = [];
  const rows = await runSchedules({
    ...{ schedules, seed, signal: new AbortController().signal, say: (line) => lines.push(line) },
    onSchedule: (schedule) => lines.push(scheduleText(schedule)),
    onRow: (row) => lines.push(rowText(row), ...findingTexts(row)),
  });
  console.log([heading, ...lines].join('\n'));
  expect(rows.flatMap(({ schedule, findings }) => findings.map(({ text }) => `${schedule.number}: ${text}`))).toEqual(
    [],
  );
  expect(rows).toHaveLength(schedules.length + 2); // before them one without faults, after them the end
}, 480_000);
