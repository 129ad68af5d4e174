import { Command } from 'commander';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { clientNameArgument, jsonOption } from '../client/options.js';
import type { SecretOptions } from '../webhooks/webhooks.js';

const load = () => import('../webhooks/webhooks.js');

/** Secrets that sign webhooks, and endpoints that get none. */
export function webhooksCommand(): Command {
  return withUsageExit(new Command('webhooks'))
    .description('Create the secrets that sign webhooks, and enable endpoints that answered 410.')
    .addCommand(secret())
    .addCommand(list())
    .addCommand(enable());
}

function secret(): Command {
  return withUsageExit(new Command('secret'))
    .description('Create the secret of a client, or say that there is one. Prints it once, as whsec_…')
    .argument(
      '<client>',
      'name of a client of `fanlight keys`, or anyone where no key is asked for',
      clientNameArgument,
    )
    .option('--rotate', 'create another; the one before goes on signing for 24 hours')
    .addOption(jsonOption('print a JSON object'))
    .action(async (client: string, options: SecretOptions) => {
      await exitWith(async () => (await load()).runWebhooksSecret(client, options, process.env));
    });
}

function list(): Command {
  return withUsageExit(new Command('ls'))
    .description('List the endpoints that answered 410 and get nothing any more.')
    .addOption(jsonOption('print a JSON array'))
    .action(async (options: { json?: boolean }) => {
      await exitWith(async () => (await load()).runWebhooksList(options, process.env));
    });
}

function enable(): Command {
  return withUsageExit(new Command('enable'))
    .description('Send to an endpoint again that had answered 410.')
    .argument('<url>', 'from webhooks ls')
    .action(async (url: string) => {
      await exitWith(async () => (await load()).runWebhooksEnable(url, process.env));
    });
}
