import { Command } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { jsonOption, failureLanesOption } from '../client/options.js';
import type { DlqOptions } from '../dlq/dlq.js';

const load = () => import('../dlq/dlq.js');

/** Dead letters: what could not be processed, and why. */
export function dlqCommand(): Command {
  return withUsageExit(new Command('dlq'))
    .description('List, show and replay dead letters.')
    .addCommand(list())
    .addCommand(show())
    .addCommand(replay());
}

function list(): Command {
  return withUsageExit(new Command('ls'))
    .description('List dead letters, oldest first, without those that were replayed.')
    .addOption(failureLanesOption('lanes to read'))
    .option('--code <code>', 'only those with this reason, such as not-found')
    .option('--all', 'replayed ones as well')
    .addOption(jsonOption('print one JSON object per dead letter and line'))
    .action(async (options: DlqOptions) => {
      await exitWith(async () => (await load()).runDlqList(options, process.env));
    });
}

function show(): Command {
  return withUsageExit(new Command('show'))
    .description('Show everything about one dead letter: reason, headers, payload, stack trace.')
    .argument('<id>', 'topic/partition/offset, from dlq ls')
    .addOption(jsonOption('print a JSON object'))
    .action(async (id: string, options: { json?: boolean }) => {
      await exitWith(async () => (await load()).runDlqShow(id, options, process.env));
    });
}

function replay(): Command {
  return withUsageExit(new Command('replay'))
    .description(
      'Send dead letters back to the topic that they were on. What a sink refused goes back to image-tags, where every reader gets it again with the same ce_id: S3, Solr and Redis hold it once; files of the lake have it once more.',
    )
    .argument('[ids...]', 'from dlq ls')
    .addOption(failureLanesOption('lanes to read, with --code or --all'))
    .option('--code <code>', 'all with this reason that were not replayed')
    .option('--all', 'all that were not replayed')
    .addOption(jsonOption('print one JSON object per replayed dead letter and line'))
    .action(async (ids: string[], options: DlqOptions) => {
      await exitWith(async () => (await load()).runDlqReplay(ids, options, process.env));
    });
}
