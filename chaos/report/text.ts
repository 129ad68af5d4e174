import type { Row } from './row.js';
import { isGreen } from './row.js';

/** A column: its title, its width in characters, and its text for a row. */
interface Column {
  readonly title: string;
  readonly width: number;
  readonly text: (row: Row) => string;
}

const time = (value: number | undefined) => (value === undefined ? 'never' : value.toFixed(1));

export const columns: readonly Column[] = [
  { title: 'no', width: 3, text: ({ schedule }) => String(schedule.number) },
  { title: 'family', width: 12, text: ({ schedule }) => schedule.family },
  { title: 'sent', width: 5, text: ({ sent }) => String(sent) },
  { title: 'results', width: 7, text: ({ results }) => String(results) },
  { title: 'letters', width: 7, text: ({ letters }) => String(letters) },
  { title: 'repeats', width: 7, text: ({ repeats }) => String(repeats) },
  { title: 'lost', width: 4, text: ({ lost }) => String(lost) },
  { title: 'doubled', width: 7, text: ({ doubled }) => String(doubled) },
  { title: 'wrong', width: 5, text: ({ wrong }) => String(wrong) },
  { title: 'members (s)', width: 11, text: ({ membersBackS }) => time(membersBackS) },
  { title: 'recovery (s)', width: 12, text: ({ recoveryS }) => time(recoveryS) },
  { title: 'ends', width: 4, text: ({ ends }) => String(ends) },
  { title: 'slowest end (s)', width: 15, text: (row) => (row.ends === 0 ? '–' : time(row.slowestEndS)) },
  { title: 'own exits', width: 9, text: ({ ownExits }) => String(ownExits) },
  { title: 'took (s)', width: 8, text: ({ tookS }) => time(tookS) },
];

export const heading = columns.map(({ title, width }) => title.padStart(width)).join('  ');

export function rowText(row: Row): string {
  const cells = columns.map(({ width, text }) => text(row).padStart(width)).join('  ');
  return `${cells}  ${isGreen(row) ? 'ok' : 'FAILED'}`;
}

/** Most findings that are printed of one schedule. */
const shown = 8;

export function findingTexts({ findings }: Row): readonly string[] {
  const texts = findings.slice(0, shown).map(({ kind, text }) => `    ${kind}: ${text}`);
  const more = findings.length - shown;
  return more > 0 ? [...texts, `    … and ${more} more`] : texts;
}

/** One sentence about all schedules of a run. */
export function summaryText(rows: readonly Row[]): string {
  const sum = (of: (row: Row) => number) => rows.reduce((all, row) => all + of(row), 0);
  const most = (of: (row: Row) => number | undefined) => Math.max(0, ...rows.map((row) => of(row) ?? Infinity));
  const schedules = rows.filter(({ schedule }) => schedule.family !== 'end');
  const green = schedules.filter(isGreen).length;
  return (
    `${green} of ${schedules.length} schedules ok: ${sum(({ sent }) => sent)} sent, ${sum(({ results }) => results)} results, ` +
    `${sum(({ letters }) => letters)} dead letters, ${sum(({ repeats }) => repeats)} repeats, ${sum(({ lost }) => lost)} lost, ` +
    `${sum(({ doubled }) => doubled)} doubled, ${sum(({ wrong }) => wrong)} other findings; ` +
    `members back after at most ${most(({ membersBackS }) => membersBackS).toFixed(1)} s, ` +
    `${sum(({ ends }) => ends)} processes ended after SIGTERM in at most ${most(({ slowestEndS }) => slowestEndS).toFixed(1)} s`
  );
}
