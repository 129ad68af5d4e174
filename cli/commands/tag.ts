import { Command, Option } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { gatewayAddress, jsonOption, laneOption, positiveInteger } from '../client/options.js';
import type { TagCommandOptions } from '../tag/tag.js';

/** Tags photos and shows the tags. */
export function tagCommand(): Command {
  return withUsageExit(new Command('tag'))
    .description('Tag photos: uploads files, sends events, waits, and prints one line per photo as it is done.')
    .argument(
      '<inputs...>',
      'folders (with their sub-folders), image files, lists (.txt: a path or URL a line), URLs, or - for such lines on standard input',
    )
    .addOption(laneOption())
    .option('--pipeline <id>', "pipeline version, such as listing-photo@1 (default: the deployment's)")
    .option(
      '--listing <id>',
      'listing of all these photos (default: name of the folder, or host and folder of the URL)',
    )
    .option(
      '--concurrency <n>',
      'photos read and uploaded at the same time (default: 8); with --gateway, photos under way (default: 16)',
      positiveInteger,
    )
    .option(
      '--timeout <seconds>',
      'give up on what still waits when nothing was sent or came back for this long',
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
        'API key for the gateway; better in the environment, where no list of processes shows it',
      ).env('FANLIGHT_GATEWAY_KEY'),
    )
    .addOption(jsonOption('print one JSON object per photo and line; the summary goes to standard error'))
    .addHelpText(
      'after',
      '\nExit codes: 0 all tagged, 1 some failed, 2 wrong call, 130 stopped.\nWhat fails before it is sent (no such file, above 25 MiB, two photos of one id) is reported here only; every other failure is also kept as a dead letter (fanlight dlq ls).',
    )
    .action(async (inputs: string[], options: TagCommandOptions) => {
      await exitWith(async () => (await import('../tag/tag.js')).runTag(inputs, options, process.env));
    });
}
