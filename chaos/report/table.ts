import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { faultText } from '../plan/text.js';
import { isGreen, type Row } from './row.js';
import { columns, summaryText } from './text.js';

const marks = { begin: '<!-- chaos table: begin -->', end: '<!-- chaos table: end -->' } as const;

/** Returns the rows of a run as a Markdown table, with the command that repeats the run. */
export function markdownTable(rows: readonly Row[], command: string): string {
  const heads = ['faults', ...columns.map(({ title }) => title), 'verdict'];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = rows.map((row) =>
    line([
      row.schedule.faults.map(faultText).join('; '),
      ...columns.map(({ text }) => text(row)),
      isGreen(row)
        ? 'ok'
        : row.findings
            .slice(0, 2)
            .map(({ text }) => text)
            .join('; '),
    ]),
  );
  return [`\`${command}\`: ${summaryText(rows)}.`, '', line(heads), line(heads.map(() => '---')), ...lines].join('\n');
}

/** Writes the table between the marks of the file, or as a whole file if it has none. */
export function writeTable(file: string, table: string): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const [before, rest] = text.split(marks.begin);
  const after = rest?.split(marks.end)[1];
  const isPage = before !== undefined && after !== undefined;
  writeFileSync(file, isPage ? `${before}${marks.begin}\n\n${table}\n\n${marks.end}${after}` : `${table}\n`);
}
