import Table from 'cli-table3';
import type { Message } from '../../runtime/records/message.js';
import { errorHeaders } from '../../schemas/headers.js';
import type { Colours } from '../client/colours.js';
import type { DeadLetter } from '../../audit/dead-letters.js';
import type { ListedLetter } from './dead-letter-reader.js';

export function lettersTable(letters: readonly ListedLetter[], colours: Colours, width = 120): string {
  const fixed = [22, 12, 21, 7];
  const rest = width - fixed.reduce((sum, column) => sum + column, 0) - 7;
  const nameWidth = Math.max(24, Math.floor(rest * 0.45));
  const table = new Table({
    head: ['time', 'stage', 'reason', 'tries', 'photo and id', 'message'].map((title) => colours.bold(title)),
    colWidths: [...fixed, nameWidth, Math.max(24, rest - nameWidth)],
    wordWrap: true,
    wrapOnWordBoundary: true,
    style: { head: [], border: colours.isColorSupported ? ['gray'] : [] },
  });
  for (const letter of letters) {
    const { time, stage, code, attempts, imageId, listingId, id, message, replayed } = letter;
    // Ids are wrapped here: the table would cut them at word boundaries, and a cut id cannot be copied.
    const [name, place] = [imageId ?? listingId ?? '(no key)', id].map((text) => broken(text, nameWidth - 2));
    table.push([
      `${time.slice(0, 19)}Z`,
      stage,
      `${code}${replayed ? ' (replayed)' : ''}`,
      attempts,
      `${name}\n${colours.dim(place)}`,
      message,
    ]);
  }
  return table.toString();
}

function broken(text: string, width: number): string {
  return text.match(new RegExp(`.{1,${width}}`, 'gs'))?.join('\n') ?? text;
}

export function letterText(
  letter: DeadLetter,
  { headers, value }: Message,
  payload: unknown,
  replayed: boolean,
): string {
  const rows: [string, string][] = [
    ['id', letter.id],
    ['time', letter.time],
    ['reason', letter.code],
    ['message', letter.message],
    ['remedy', letter.remedy],
    ['stage', `${letter.stage}, operation ${letter.operation}, attempts ${letter.attempts}`],
    ['returns to', letter.from ?? '(unknown)'],
    ['read from', `partition ${headers[errorHeaders.partition] ?? '?'}, offset ${headers[errorHeaders.offset] ?? '?'}`],
    ['key', letter.key ?? '(none)'],
    ['replayed', replayed ? 'yes' : 'no'],
  ];
  const context: ReadonlySet<string> = new Set(Object.values(errorHeaders));
  return [
    ...rows.map(([name, text]) => `${name.padEnd(9)} ${text}`),
    '',
    'headers',
    ...Object.entries(headers)
      .filter(([name]) => !context.has(name))
      .map(([name, text]) => `  ${name}: ${text}`),
    '',
    `payload (${value?.length ?? 0} bytes)`,
    ...indent(typeof payload === 'string' ? payload : JSON.stringify(payload, null, 2)),
    '',
    'stack trace',
    ...indent(headers[errorHeaders.stacktrace] ?? '(none)'),
  ].join('\n');
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}
