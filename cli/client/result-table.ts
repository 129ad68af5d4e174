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

const stages = ['fetch', 'preprocess', 'infer', 'compose'] as const;
const stageTitles = ['fetch', 'prep.', 'infer', 'comp.'];
const stageWidth = 8;
/** Shares of what the stages' columns and the borders leave. */
const shares = [0.32, 0.28, 0.4] as const;

/** A table of photos for a person: what each shows and how many milliseconds each stage had it. In the order given. */
export function renderTable(results: readonly PhotoResult[], { colours = pc.createColors(false), width = 100 }: TableOptions = {}): string {
  const left = width - stages.length * stageWidth - (shares.length + stages.length + 1);
  const widths = shares.map((share) => Math.floor(share * left));
  const table = new Table({
    head: ['photo', 'room type', 'tags', ...stageTitles].map((title) => colours.bold(title)),
    colWidths: [...widths, ...stages.map(() => stageWidth)],
    colAligns: ['left', 'left', 'left', ...stages.map(() => 'right' as const)],
    wordWrap: true,
    wrapOnWordBoundary: true,
    style: { head: [], border: colours.isColorSupported ? ['gray'] : [], compact: true },
  });
  for (const result of results) table.push(row(result, colours, (widths[0] ?? width) - 2));
  return `${table.toString()}\n${colours.dim('fetch, prep., infer, comp.: milliseconds waiting for and in each stage')}`;
}

function row({ input, outcome }: PhotoResult, colours: Colours, nameWidth: number): Table.HorizontalTableRow {
  const photo = shortened(input.image, nameWidth);
  if (outcome.kind === 'failed') {
    const { code, message, remedy } = outcome.error;
    return [photo, colours.red(code), { colSpan: 1 + stages.length, content: `${message} ${remedy}` }];
  }
  const { roomType, tags } = outcome.tags;
  const room = roomType ? `${colours.green(roomType.name)} ${colours.dim(roomType.score.toFixed(2))}` : colours.dim('none');
  const named = tags.map(({ name, score }) => `${name} ${colours.dim(score.toFixed(2))}`).join(', ');
  const millis = stageMillis(outcome.tags);
  return [photo, room, named === '' ? colours.dim('none') : named, ...stages.map((stage) => String(Math.round(millis[stage] ?? 0)))];
}

/** The end of a path tells more than its beginning. */
function shortened(path: string, width: number): string {
  const name = path.split('/').at(-1) ?? path;
  return name.length <= width ? name : `…${name.slice(1 - width)}`;
}
