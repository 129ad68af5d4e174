import Table from 'cli-table3';
import type { Message } from '../../runtime/message.js';
import { errorHeaders } from '../../schemas/headers.js';
import type { Colours } from './colours.js';
import type { DeadLetter } from './dead-letters.js';
import type { ListedLetter } from './read-dead-letters.js';

/** A table of dead letters for a person. */
export function lettersTable(letters: readonly ListedLetter[], colours: Colours, width = 120): string {
  const fixed = [21, 10, 20, 9];
  const rest = Math.max(40, width - fixed.reduce((sum, column) => sum + column, 0) - 7);
  const table = new Table({
    head: ['time', 'stage', 'reason', 'attempts', 'photo and id', 'message'].map((title) => colours.bold(title)),
    colWidths: [...fixed, Math.floor(rest * 0.45), Math.ceil(rest * 0.55)],
    wordWrap: true,
    wrapOnWordBoundary: false,
    style: { head: [], border: colours.isColorSupported ? ['gray'] : [] },
  });
  for (const letter of letters) {
    const { time, stage, code, attempts, imageId, listingId, id, message, replayed } = letter;
    const name = imageId ?? listingId ?? '(no key)';
    table.push([`${time.slice(0, 19)}Z`, stage, `${code}${replayed ? ' (replayed)' : ''}`, attempts, `${name}\n${colours.dim(id)}`, message]);
  }
  return table.toString();
}

/** Everything that one dead letter says. */
export function letterText(letter: DeadLetter, { headers, value }: Message, payload: unknown, replayed: boolean): string {
  const rows: [string, string][] = [
    ['id', letter.id],
    ['time', letter.time],
    ['reason', letter.code],
    ['message', letter.message],
    ['remedy', letter.remedy],
    ['stage', `${letter.stage}, operation ${letter.operation}, attempts ${letter.attempts}`],
    ['record', `${letter.from ?? '(unknown)'}/${headers[errorHeaders.partition] ?? '?'}/${headers[errorHeaders.offset] ?? '?'}`],
    ['key', letter.key ?? '(none)'],
    ['replayed', replayed ? 'yes' : 'no'],
  ];
  const context: ReadonlySet<string> = new Set(Object.values(errorHeaders));
  return [
    ...rows.map(([name, text]) => `${name.padEnd(9)} ${text}`),
    '',
    'headers',
    ...Object.entries(headers).filter(([name]) => !context.has(name)).map(([name, text]) => `  ${name}: ${text}`),
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
