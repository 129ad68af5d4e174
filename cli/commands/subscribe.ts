import { Command } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { jsonOption, lanesOption, positiveInteger } from '../client/options.js';
import type { SubscribeCommandOptions } from '../subscribe/subscribe.js';

/** Shows tag results as they come. */
export function subscribeCommand(): Command {
  return withUsageExit(new Command('subscribe'))
    .description('Print tag results as they appear, each once, until Ctrl-C or --limit.')
    .addOption(lanesOption('lanes to read'))
    .option(
      '--from-beginning',
      'start with the oldest result kept (a --group that read before goes on where it stopped)',
    )
    .option(
      '--group <name>',
      'consumer group: remembers its place, and shares the results among its members (default: one of its own, forgotten at the end)',
    )
    .option('--limit <n>', 'end after so many results', positiveInteger)
    .option('--all', 'print repeats of a result (same ce_id) as well')
    .addOption(jsonOption('print one JSON object per result and line: id and the fields of schemas/image-tags.avsc'))
    .action(async (options: SubscribeCommandOptions) => {
      await exitWith(async () => (await import('../subscribe/subscribe.js')).runSubscribe(options, process.env));
    });
}
