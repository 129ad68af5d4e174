import Table from 'cli-table3';
import pc from 'picocolors';
import type { Colours } from './colours.js';
import { stageMillis } from './photo-report.js';
import type { PhotoResult } from './tag-run.js';

export interface TableOptions {
  readonly colours?: Colours;
  /** Columns of the terminal. */
  readonly width?: number;
}

/** Shares of the columns between the borders. */
const shares = [0.22, 0.18, 0.4, 0.2] as const;
const borders = 5;

/** A table of photos for a person: what each shows and how long each stage had it. In the order given. */
export function renderTable(results: readonly PhotoResult[], { colours = pc.createColors(false), width = 100 }: TableOptions = {}): string {
  const widths = shares.slice(0, -1).map((share) => Math.floor(share * (width - borders)));
  const table = new Table({
    head: ['photo', 'room type', 'tags', 'ms by stage'].map((title) => colours.bold(title)),
    colWidths: [...widths, width - borders - widths.reduce((sum, column) => sum + column, 0)],
    wordWrap: true,
    wrapOnWordBoundary: true,
    style: { head: [], border: colours.isColorSupported ? ['gray'] : [] },
  });
  for (const result of results) table.push(row(result, colours, (widths[0] ?? width) - 2));
  return table.toString();
}

function row({ input, outcome }: PhotoResult, colours: Colours, nameWidth: number): Table.HorizontalTableRow {
  const photo = shortened(input.image, nameWidth);
  if (outcome.kind === 'failed') {
    const { code, message, remedy } = outcome.error;
    return [photo, colours.red(code), { colSpan: 2, content: `${message} ${remedy}` }];
  }
  const { roomType, tags } = outcome.tags;
  const room = roomType ? `${colours.green(roomType.name)} ${colours.dim(roomType.score.toFixed(2))}` : colours.dim('none');
  const named = tags.map(({ name, score }) => `${name} ${colours.dim(score.toFixed(2))}`).join('\n');
  const millis = Object.entries(stageMillis(outcome.tags)).map(([stage, ms]) => `${stage} ${colours.dim(String(Math.round(ms)))}`);
  return [photo, room, named === '' ? colours.dim('none') : named, millis.join('\n')];
}

/** The end of a path tells more than its beginning. */
function shortened(path: string, width: number): string {
  const name = path.split('/').at(-1) ?? path;
  return name.length <= width ? name : `…${name.slice(1 - width)}`;
}
