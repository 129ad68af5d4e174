import Table from 'cli-table3';
import pc from 'picocolors';
import type { Colours } from '../client/colours.js';
import { stageMillis } from './photo-report.js';
import { tagTitle } from './tag-title.js';
import type { PhotoResult } from './tag-run.js';

export interface TableOptions {
  readonly colours?: Colours;
  /** Width of the terminal (columns). */
  readonly width?: number;
}

/** Stages with their titles, in the order in which a photo passes them. */
const stageTitles = {
  fetch: 'fetch',
  preprocess: 'prep.',
  infer: 'infer',
  crop: 'crop',
  inspect: 'insp.',
  compose: 'comp.',
};
type StageName = keyof typeof stageTitles;
/** Stages that are shown only if a photo passed them. */
const rare: readonly StageName[] = ['crop', 'inspect'];
const stageWidth = 8;
/** Shares of the width that the stages' columns and the borders leave. */
const shares = [0.32, 0.28, 0.4] as const;

/** Renders a table of photos in the given order: room type, tags, and the time in each stage (ms). */
export function renderTable(
  results: readonly PhotoResult[],
  { colours = pc.createColors(false), width = 100 }: TableOptions = {},
): string {
  const stages = shownStages(results);
  const left = width - stages.length * stageWidth - (shares.length + stages.length + 1);
  const widths = shares.map((share) => Math.floor(share * left));
  const table = new Table({
    head: ['photo', 'room type', 'tags', ...stages.map((stage) => stageTitles[stage])].map((title) =>
      colours.bold(title),
    ),
    colWidths: [...widths, ...stages.map(() => stageWidth)],
    colAligns: ['left', 'left', 'left', ...stages.map(() => 'right' as const)],
    wordWrap: true,
    wrapOnWordBoundary: true,
    style: { head: [], border: colours.isColorSupported ? ['gray'] : [], compact: true },
  });
  for (const result of results) table.push(row(result, stages, colours, (widths[0] ?? width) - 2));
  return `${table.toString()}\n${colours.dim(`${stages.map((stage) => stageTitles[stage]).join(', ')}: time in each stage, with its queue (ms)`)}`;
}

function shownStages(results: readonly PhotoResult[]): readonly StageName[] {
  const passed = new Set(
    results.flatMap(({ outcome }) => (outcome.kind === 'tagged' ? Object.keys(outcome.tags.timings) : [])),
  );
  return (Object.keys(stageTitles) as StageName[]).filter((stage) => !rare.includes(stage) || passed.has(stage));
}

function row(
  { input, outcome }: PhotoResult,
  stages: readonly StageName[],
  colours: Colours,
  nameWidth: number,
): Table.HorizontalTableRow {
  const photo = shortened(input.image, nameWidth);
  if (outcome.kind === 'failed') {
    const { code, message, remedy } = outcome.error;
    return [photo, colours.red(code), { colSpan: 1 + stages.length, content: `${message} ${remedy}` }];
  }
  const { roomType, tags } = outcome.tags;
  const room = roomType
    ? `${colours.green(roomType.name)} ${colours.dim(roomType.score.toFixed(2))}`
    : colours.dim('none');
  const named = tags.map((tag) => `${tagTitle(tag)} ${colours.dim(tag.score.toFixed(2))}`).join(', ');
  const millis = stageMillis(outcome.tags);
  return [
    photo,
    room,
    named === '' ? colours.dim('none') : named,
    ...stages.map((stage) => String(Math.round(millis[stage] ?? 0))),
  ];
}

/** Cuts a path at its beginning, because the end says more. */
function shortened(path: string, width: number): string {
  const name = path.split('/').at(-1) ?? path;
  return name.length <= width ? name : `…${name.slice(1 - width)}`;
}
