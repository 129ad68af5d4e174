import type { Colours } from '../client/colours.js';
import { stageMillis } from './photo-report.js';
import { tagTitle } from './tag-title.js';
import type { PhotoResult, TagSummary } from './tag-run.js';

/** Renders one photo as a line of text. */
export function photoLine({ input, outcome }: PhotoResult, colours: Colours): string {
  if (outcome.kind === 'failed') {
    const { code, message, remedy } = outcome.error;
    return `${colours.red('✗')} ${input.image}  ${colours.red(code)}  ${message} ${colours.dim(remedy)}`;
  }
  const { roomType, tags } = outcome.tags;
  const room = roomType ? `${colours.bold(roomType.name)} ${score(roomType.score)}` : colours.dim('no room type');
  const named =
    tags.length === 0 ? colours.dim('no tags') : tags.map((tag) => `${tagTitle(tag)} ${score(tag.score)}`).join(', ');
  const timings = Object.entries(stageMillis(outcome.tags)).map(([stage, ms]) => `${stage} ${Math.round(ms)}`);
  return `${colours.green('✓')} ${input.image}  ${room}  ${named}  ${colours.dim(`${timings.join(' · ')} ms`)}`;
}

/** Renders the summary of a run in one to three lines. */
export function summaryLines(summary: TagSummary, colours: Colours): string[] {
  const { photos, tagged, failed, unfinished, elapsedMs } = summary;
  const codes = Object.entries(failed).sort(([a], [b]) => (a < b ? -1 : 1));
  const failures = codes.reduce((sum, [, count]) => sum + count, 0);
  const seconds = elapsedMs / 1_000;
  const rate = seconds > 0 ? ((tagged + failures) / seconds).toFixed(1) : '0';
  const head = `${photos} photos: ${tagged} tagged, ${failures} failed${unfinished > 0 ? `, ${unfinished} without a result yet` : ''}`;
  return [
    `${failures + unfinished === 0 ? colours.green(head) : colours.yellow(head)} in ${seconds.toFixed(1)} s (${rate} photos/s)`,
    ...(codes.length > 0 ? [`failed by reason: ${codes.map(([code, count]) => `${code} ${count}`).join(', ')}`] : []),
    ...(unfinished > 0
      ? [
          'Photos already sent are still processed: `fanlight subscribe` prints their results, `fanlight audit` counts them.',
        ]
      : []),
  ];
}

function score(value: number): string {
  return value.toFixed(2);
}
