import { Command, InvalidArgumentError } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { jsonOption, failureLanesOption } from '../client/options.js';
import type { DlqOptions } from '../dlq/dlq.js';
import type { SkipOptions } from '../dlq/skip.js';

const load = () => import('../dlq/dlq.js');

export function dlqCommand(): Command {
  return withUsageExit(new Command('dlq'))
    .description('List, show and replay dead letters, and skip a record that a group cannot pass.')
    .addCommand(list())
    .addCommand(show())
    .addCommand(replay())
    .addCommand(skip());
}

function list(): Command {
  return withUsageExit(new Command('ls'))
    .description('List dead letters that were not replayed, oldest first.')
    .addOption(failureLanesOption('lanes to read'))
    .option('--code <code>', 'only dead letters with this failure code, such as not-found')
    .option('--all', 'include replayed dead letters')
    .addOption(jsonOption('print one JSON object per line and dead letter'))
    .action(async (options: DlqOptions) => {
      await exitWith(async () => (await load()).runDlqList(options, process.env));
    });
}

function show(): Command {
  return withUsageExit(new Command('show'))
    .description('Show one dead letter: failure code, headers, payload, stack trace.')
    .argument('<id>', 'topic/partition/offset, from dlq ls')
    .addOption(jsonOption('print a JSON object'))
    .action(async (id: string, options: { json?: boolean }) => {
      await exitWith(async () => (await load()).runDlqShow(id, options, process.env));
    });
}

function replay(): Command {
  return withUsageExit(new Command('replay'))
    .description(
      'Send dead letters back to their original topics. A result that a sink rejected returns to image-tags, where every consumer gets it again with the same ce_id: S3, Solr and Redis keep one copy; the files of the lake get a second one.',
    )
    .argument('[ids...]', 'from dlq ls')
    .addOption(failureLanesOption('lanes to read, with --code or --all'))
    .option('--code <code>', 'all dead letters with this failure code that were not replayed')
    .option('--all', 'all dead letters that were not replayed')
    .addOption(jsonOption('print one JSON object per line and replayed dead letter'))
    .action(async (ids: string[], options: DlqOptions) => {
      await exitWith(async () => (await load()).runDlqReplay(ids, options, process.env));
    });
}

function skip(): Command {
  return withUsageExit(new Command('skip'))
    .description(
      'The last resort for a record that its group cannot pass: writes a dead letter with the record, and commits the offset behind it. The workers of the group must be stopped.',
    )
    .requiredOption('--topic <topic>', 'topic of the record')
    .requiredOption('--partition <number>', 'partition of the record', wholeNumber)
    .requiredOption('--offset <number>', 'offset of the record', offset)
    .option('--group <group>', 'consumer group that skips the record (default: all of Fanlight that read the topic)')
    .option('--with-earlier', 'also skip the uncommitted records before it; each becomes a dead letter')
    .option('--dry-run', 'only say what would happen')
    .action(async (options: SkipOptions) => {
      await exitWith(async () => (await import('../dlq/skip.js')).runDlqSkip(options, process.env));
    });
}

function wholeNumber(text: string): number {
  return Number(offset(text));
}

function offset(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('Expected a whole number from 0.');
}
