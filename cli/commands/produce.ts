import { Command } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { jsonOption, laneOption } from '../client/options.js';
import type { ProduceCommandOptions } from '../produce/produce.js';

/** Sends listing-image events and does not wait for their results. */
export function produceCommand(): Command {
  return withUsageExit(new Command('produce'))
    .description(
      'Send listing-image events from a file of JSON objects, one a line: listingId, imageId, url, and optionally pipeline and attributes.',
    )
    .argument('<events>', 'file, or - for standard input')
    .addOption(laneOption())
    .option('--strict', 'stop at the first invalid line (default: name it, send the others, and exit with 1)')
    .addOption(jsonOption('print the summary as a JSON object'))
    .action(async (file: string, options: ProduceCommandOptions) => {
      await exitWith(async () => (await import('../produce/produce.js')).runProduce(file, options, process.env));
    });
}
