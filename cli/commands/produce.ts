import { Command } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { jsonOption, laneOption } from '../client/options.js';
import type { ProduceCommandOptions } from '../produce/produce.js';

export function produceCommand(): Command {
  return withUsageExit(new Command('produce'))
    .description(
      'Send listing-image events from a file with one JSON object per line: listingId, imageId, url, and optionally pipeline and attributes. Does not wait for results.',
    )
    .argument('<events>', 'file, or - for standard input')
    .addOption(laneOption())
    .option('--strict', 'stop at the first invalid line (default: report it, send the other lines, and exit with 1)')
    .addOption(jsonOption('print the summary as a JSON object'))
    .action(async (file: string, options: ProduceCommandOptions) => {
      await exitWith(async () => (await import('../produce/produce.js')).runProduce(file, options, process.env));
    });
}
