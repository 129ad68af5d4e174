import { Command } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { clientNameArgument, jsonOption } from '../client/options.js';
import type { SecretOptions } from '../webhooks/webhooks.js';

const load = () => import('../webhooks/webhooks.js');

export function webhooksCommand(): Command {
  return withUsageExit(new Command('webhooks'))
    .description('Create the secrets that sign webhooks, and enable endpoints that were disabled after a 410 answer.')
    .addCommand(secret())
    .addCommand(list())
    .addCommand(enable());
}

function secret(): Command {
  return withUsageExit(new Command('secret'))
    .description('Create the secret of a client, unless it has one. Prints the secret once, as whsec_…')
    .argument(
      '<client>',
      'name of a client from `fanlight keys ls`, or `anyone` if the gateway requires no key',
      clientNameArgument,
    )
    .option('--rotate', 'create a new secret; the old one also signs for another 24 hours')
    .addOption(jsonOption('print a JSON object'))
    .action(async (client: string, options: SecretOptions) => {
      await exitWith(async () => (await load()).runWebhooksSecret(client, options, process.env));
    });
}

function list(): Command {
  return withUsageExit(new Command('ls'))
    .description('List endpoints that are disabled because they answered 410.')
    .addOption(jsonOption('print a JSON array'))
    .action(async (options: { json?: boolean }) => {
      await exitWith(async () => (await load()).runWebhooksList(options, process.env));
    });
}

function enable(): Command {
  return withUsageExit(new Command('enable'))
    .description('Enable a disabled endpoint again.')
    .argument('<url>', 'from webhooks ls')
    .action(async (url: string) => {
      await exitWith(async () => (await load()).runWebhooksEnable(url, process.env));
    });
}
