import { Command } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { jsonOption, lanesOption, positiveInteger } from '../client/options.js';
import type { SubscribeCommandOptions } from '../subscribe/subscribe.js';

export function subscribeCommand(): Command {
  return withUsageExit(new Command('subscribe'))
    .description('Print each new tag result once, until Ctrl-C or --limit.')
    .addOption(lanesOption('lanes to read'))
    .option(
      '--from-beginning',
      'start with the oldest retained result (a --group with committed offsets continues from those)',
    )
    .option(
      '--group <name>',
      'consumer group: keeps its offsets, and its members share the results (default: a new group that is deleted at the end)',
    )
    .option('--limit <n>', 'exit after n results', positiveInteger)
    .option('--all', 'also print duplicates (same ce_id)')
    .addOption(jsonOption('print one JSON object per line and result: id and the fields of schemas/image-tags.avsc'))
    .action(async (options: SubscribeCommandOptions) => {
      await exitWith(async () => (await import('../subscribe/subscribe.js')).runSubscribe(options, process.env));
    });
}
