import { Command, InvalidArgumentError, Option } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { jsonOption } from '../client/options.js';
import type { AliasOptions } from '../models/models.js';

const load = () => import('../models/models.js');

export function modelsCommand(): Command {
  return withUsageExit(new Command('models'))
    .description('List models, load and unload them on all workers, and set aliases, canaries and shadows.')
    .addCommand(list())
    .addCommand(show())
    .addCommand(move('load', 'Load a model on every worker now, so that the next task does not wait for it.'))
    .addCommand(
      move(
        'unload',
        'Unload a model on every worker once its waiting tasks are done. The next task for the model loads it again.',
      ),
    )
    .addCommand(alias());
}

function list(): Command {
  return withUsageExit(new Command('ls'))
    .description('List the models of the catalogue, the aliases, and the models that each worker has in memory.')
    .addOption(jsonOption('print a JSON object'))
    .action(async (options: { json?: boolean }) => {
      await exitWith(async () => (await load()).runModelsList(options, process.env));
    });
}

function show(): Command {
  return withUsageExit(new Command('show'))
    .description('Show the card of a model and its state on each worker.')
    .argument('<model>', 'exact version, such as scene@1, or alias')
    .addOption(jsonOption('print a JSON object'))
    .action(async (model: string, options: { json?: boolean }) => {
      await exitWith(async () => (await load()).runModelsShow(model, options, process.env));
    });
}

function move(action: 'load' | 'unload', description: string): Command {
  return withUsageExit(new Command(action))
    .description(description)
    .argument('<model>', 'exact version, such as scene@1')
    .action(async (model: string) => {
      await exitWith(async () => (await load()).runModelsMove(action, model, process.env));
    });
}

function alias(): Command {
  return withUsageExit(new Command('alias'))
    .description('Set the model version of an alias, for tasks that start from now on.')
    .argument('<alias>', 'such as room-type@stable')
    .argument('[model]', 'exact version that runs for the alias')
    .option('--canary <model>', 'exact version that runs for a share of the images or for some clients')
    .addOption(
      new Option(
        '--percent <n>',
        'share of the images that get the canary (0 to 100); an image always gets the same version',
      )
        .argParser(percentage)
        .default(0),
    )
    .option('--client <name...>', 'clients that get the canary for every image', [])
    .option('--shadow <model>', 'exact version to run as well; its outputs are not published')
    .option('--remove', 'remove the alias')
    .action(async (name: string, model: string | undefined, options: AliasOptions) => {
      await exitWith(async () => (await load()).runModelsAlias(name, model, options, process.env));
    });
}

function percentage(text: string): number {
  const number = Number(text);
  if (number >= 0 && number <= 100) return number;
  throw new InvalidArgumentError('Expected a number from 0 to 100.');
}
