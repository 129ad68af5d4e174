import { Command, InvalidArgumentError, Option } from 'commander';
import { scopes, type RateLimit } from '../../http/clients/client.js';
import { exitWith, withUsageExit } from '../client/exit-codes.js';
import { clientNameArgument, jsonOption, positiveInteger } from '../client/options.js';
import type { ClientOptions, CreateOptions } from '../keys/keys.js';

const load = () => import('../keys/keys.js');

export function keysCommand(): Command {
  return withUsageExit(new Command('keys'))
    .description('Create, list and revoke API keys of the gateway, and set the scopes and limits of clients.')
    .addHelpText(
      'after',
      '\nChanges reach every gateway within 3 seconds. Example:\n  fanlight keys create shop --scope tag --rate 20/s --daily 50000',
    )
    .addCommand(create())
    .addCommand(list())
    .addCommand(revoke())
    .addCommand(set());
}

function create(): Command {
  return withUsageExit(withClientOptions(new Command('create')))
    .description(
      'Create a key, and the client if there is none of that name. Prints the key once; only its hash is stored.',
    )
    .argument('<name>', 'client', clientNameArgument)
    .addOption(
      new Option(
        '--expires <time>',
        'lifetime of the key, such as 12h or 30d (default: until it is revoked)',
      ).argParser(parseDuration),
    )
    .addOption(jsonOption('print a JSON object'))
    .action(async (name: string, options: CreateOptions) => {
      await exitWith(async () => (await load()).runKeysCreate(name, options, process.env));
    });
}

function list(): Command {
  return withUsageExit(new Command('ls'))
    .description('List clients with their limits and keys.')
    .addOption(jsonOption('print a JSON array'))
    .action(async (options: { json?: boolean }) => {
      await exitWith(async () => (await load()).runKeysList(options, process.env));
    });
}

function revoke(): Command {
  return withUsageExit(new Command('revoke'))
    .description('Revoke a key permanently.')
    .argument('<id>', 'the part of the key after fl_, from keys ls')
    .addOption(jsonOption('print a JSON object'))
    .action(async (id: string, options: { json?: boolean }) => {
      await exitWith(async () => (await load()).runKeysRevoke(id, options, process.env));
    });
}

function set(): Command {
  return withUsageExit(withClientOptions(new Command('set')))
    .description('Change the scopes and limits of a client. Options that are not given keep their values.')
    .argument('<name>', 'client', clientNameArgument)
    .addOption(jsonOption('print a JSON object'))
    .action(async (name: string, options: ClientOptions) => {
      await exitWith(async () => (await load()).runKeysSet(name, options, process.env));
    });
}

function withClientOptions(command: Command): Command {
  return command
    .addOption(new Option('--scope <scope...>', "scopes of the client's keys").choices(scopes))
    .addOption(
      new Option(
        '--rate <rate>',
        'requests per second (20/s) or per minute (30/m), with an optional burst (20/s:100), or none',
      ).argParser(orNone(parseRate)),
    )
    .addOption(
      new Option('--concurrency <n>', 'requests in flight over all gateways, or none').argParser(
        orNone(positiveInteger),
      ),
    )
    .addOption(new Option('--daily <n>', 'images per day (UTC), or none').argParser(orNone(positiveInteger)));
}

// Returns 'none' and not null, because commander takes null for an option without its argument.
function orNone<T>(parse: (text: string) => T): (text: string) => T | 'none' {
  return (text) => (text === 'none' ? text : parse(text));
}

export function parseRate(text: string): RateLimit {
  const [, count = '', unit, burst] = /^(\d+(?:\.\d+)?)\/([sm])(?::(\d+))?$/.exec(text) ?? [];
  const perSecond = Number(count) / (unit === 'm' ? 60 : 1);
  const atOnce = burst === undefined ? Math.max(1, Math.ceil(perSecond)) : Number(burst);
  if (perSecond > 0 && atOnce >= Math.max(1, perSecond)) return { perSecond, burst: atOnce };
  throw new InvalidArgumentError(
    'Expected a rate such as 20/s, 30/m or 20/s:100. The burst must cover at least the requests of one second.',
  );
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Returns the duration (ms). */
export function parseDuration(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  const duration = Number(count) * (unitMs[unit as keyof typeof unitMs] ?? 0);
  if (duration > 0) return duration;
  throw new InvalidArgumentError('Expected a time such as 90m, 12h or 30d.');
}
