import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { calm } from '../../chaos/plan/calm.js';
import { familyNamed, planSchedule } from '../../chaos/plan/families.js';
import { emptyRow } from '../../chaos/report/row.js';
import { markdownTable, writeTable } from '../../chaos/report/table.js';
import { summaryText } from '../../chaos/report/text.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanlight-report-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const good = emptyRow(calm, { findings: [], ends: [], tookMs: 9_000 });
const outage = planSchedule(familyNamed('lake-outage')!, 1, { seed: 1 });
const bad = emptyRow(outage, { findings: [{ kind: 'lost', text: 'lake: i1 has no row' }], ends: [], tookMs: 9_000 });

it('counts green schedules, losses and doubles in one sentence', () => {
  expect(summaryText([good, bad])).toMatch(/^1 of 2 schedules ok: .* 1 lost, 0 doubled, 0 other findings/);
});

it('has a row for each schedule in the table, with its faults and its first findings', () => {
  const lines = markdownTable([good, bad], 'npm run chaos').split('\n');
  expect(lines[0]).toMatch(/^`npm run chaos`: 1 of 2 schedules ok/);
  expect(lines.at(-1)).toMatch(
    /^\| s3 is killed \(kill -9\) and restarted \(5\.0–42\.0 s\); .* lake: i1 has no row \|$/,
  );
  expect(new Set(lines.slice(2).map((line) => line.split(' | ').length)).size).toBe(1);
});

it('writes the table between the marks of a page, and keeps the rest', async () => {
  const page = join(folder, 'page.md');
  await writeFile(page, 'before\n<!-- chaos table: begin -->\nold\n<!-- chaos table: end -->\nafter\n');
  writeTable(page, 'new');
  writeTable(page, 'newer');
  expect(await readFile(page, 'utf8')).toBe(
    'before\n<!-- chaos table: begin -->\n\nnewer\n\n<!-- chaos table: end -->\nafter\n',
  );
});

it('writes a whole file if it has no marks', async () => {
  const file = join(folder, 'table.md');
  writeTable(file, 'table');
  expect(await readFile(file, 'utf8')).toBe('table\n');
});
