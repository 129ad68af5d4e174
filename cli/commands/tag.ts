import { Command, Option } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { gatewayAddress, jsonOption, laneOption, positiveInteger } from '../client/options.js';
import type { TagCommandOptions } from '../tag/tag.js';

export function tagCommand(): Command {
  return withUsageExit(new Command('tag'))
    .description('Tag photos: upload files, send events, wait, and print one line per photo once it has a result.')
    .argument(
      '<inputs...>',
      'folders (with their sub-folders), image files, lists (.txt: one path or URL per line), URLs, or - to read such lines from standard input',
    )
    .addOption(laneOption())
    .option('--pipeline <id>', "pipeline version, such as listing-photo@1 (default: the deployment's)")
    .option('--listing <id>', 'listing id of all photos (default: name of the folder, or host and folder of the URL)')
    .option(
      '--concurrency <n>',
      'photos read and uploaded at the same time (default: 8); with --gateway, photos in flight (default: 16)',
      positiveInteger,
    )
    .option(
      '--timeout <seconds>',
      'give up on photos without a result when no photo was sent or finished for this long (s)',
      positiveInteger,
      300,
    )
    .addOption(
      new Option('--gateway <url>', 'tag through a gateway, such as http://127.0.0.1:18080, instead of Kafka')
        .argParser(gatewayAddress)
        .conflicts('lane'),
    )
    .addOption(
      new Option(
        '--key <key>',
        'API key for the gateway; prefer the environment variable, which process lists do not show',
      ).env('FANLIGHT_GATEWAY_KEY'),
    )
    .addOption(jsonOption('print one JSON object per line and photo; the summary goes to standard error'))
    .addHelpText(
      'after',
      '\nExit codes: 0 all tagged, 1 some failed, 2 invalid arguments, 130 stopped.\nA photo that fails before it is sent (no such file, above 25 MiB, two photos with one id) is reported here only; every other failure is also kept as a dead letter (fanlight dlq ls).',
    )
    .action(async (inputs: string[], options: TagCommandOptions) => {
      await exitWith(async () => (await import('../tag/tag.js')).runTag(inputs, options, process.env));
    });
}
