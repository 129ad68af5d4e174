import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import Table from 'cli-table3';
import { aliasPattern, checkAliasRoute } from '../../models/alias-route.js';
import { openCatalogue, type Catalogue } from '../../models/catalogue.js';
import type { ModelCommand, WorkerModels } from '../../schemas/models/control.js';
import { problemsBehind } from '../../topology/model-checks.js';
import { fanlightTopology } from '../../topology/main.js';
import { packagePath } from '../../primitives/package-root.js';
import { exitCodes, WrongUsage } from '../client/exit-codes.js';
import { readWorkerModels, sendCommand } from './model-states.js';
import { withClient, type DeploymentClient } from '../client/deployment-client.js';

export interface AliasOptions {
  readonly canary?: string;
  readonly percent: number;
  readonly client: readonly string[];
  readonly shadow?: string;
  readonly remove?: boolean;
}

/** Upper bound of the wait for workers to apply a command (ms); a model that loads for longer still finishes. */
const applyWithinMs = 15_000;

export async function runModelsList({ json }: { json?: boolean }, environment: NodeJS.ProcessEnv): Promise<number> {
  return withClient('models', environment, async ({ services }) => {
    const catalogue = readCatalogue();
    const workers = await readWorkerModels(services);
    const models = [...catalogue.models].map(([id, { card }]) => ({
      id,
      framework: card.framework,
      memoryMiB: card.memoryMiB,
    }));
    const problems = [...catalogue.problems].map(([id, { message }]) => ({ id, message }));
    if (json) {
      process.stdout.write(`${JSON.stringify({ models, problems, workers })}\n`);
      return exitCodes.done;
    }
    const table = new Table({
      head: ['model', 'framework', 'MiB', ...workers.map(({ worker }) => worker.replaceAll('/', '\n'))],
      wordWrap: true,
    });
    for (const { id, framework, memoryMiB } of models)
      table.push([id, framework, memoryMiB, ...workers.map((worker) => stateOn(worker, id))]);
    table.push([{ content: 'in memory / budget', colSpan: 3 }, ...workers.map(memoryOf)]);
    process.stdout.write(`${table.toString()}\n`);
    for (const [alias, versions] of aliasesOf(workers)) process.stdout.write(`${alias} → ${versions.join(' | ')}\n`);
    for (const { worker, refused } of workers)
      for (const [subject, why] of Object.entries(refused)) process.stdout.write(`${worker}: ${subject}: ${why}\n`);
    for (const { message } of problems) process.stdout.write(`${message}\n`);
    if (workers.length === 0) process.stdout.write('No worker reports models.\n');
    return exitCodes.done;
  });
}

export async function runModelsShow(
  model: string,
  { json }: { json?: boolean },
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  return withClient('models', environment, async ({ services }) => {
    const workers = await readWorkerModels(services);
    const catalogue = readCatalogue();
    const card = catalogue.models.get(model)?.card ?? null;
    const problem = catalogue.problems.get(model)?.message ?? null;
    const alias = aliasesOf(workers).get(model) ?? null;
    if (!card && problem === null && !alias) throw unknownModel(model, catalogue);
    const states = workers.map((worker) => ({
      worker: worker.worker,
      ...worker.models.find(({ id }) => id === model),
    }));
    if (json)
      process.stdout.write(`${JSON.stringify({ model, card, problem, alias, workers: alias ? [] : states })}\n`);
    else if (alias) process.stdout.write(`${model} → ${alias.join(' | ')}\n`);
    else {
      process.stdout.write(card ? `${JSON.stringify(card, null, 2)}\n` : `${problem}\n`);
      for (const worker of workers) process.stdout.write(`${worker.worker}: ${stateOn(worker, model)}\n`);
    }
    return exitCodes.done;
  });
}

export async function runModelsMove(
  action: 'load' | 'unload',
  model: string,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const catalogue = readCatalogue();
  if (!catalogue.models.has(model)) throw catalogue.problems.get(model) ?? unknownModel(model, catalogue);
  return withClient('models', environment, (client) =>
    command(client, { action: action === 'load' ? 'LOAD' : 'UNLOAD', subject: model, route: null }),
  );
}

export async function runModelsAlias(
  alias: string,
  model: string | undefined,
  options: AliasOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  if (!aliasPattern.test(alias))
    throw new WrongUsage(`${JSON.stringify(alias)} is not an alias.`, 'Give a name such as room-type@stable.');
  if ((model === undefined) !== (options.remove === true))
    throw new WrongUsage(
      'The command needs either a model for the alias or --remove.',
      'Example: fanlight models alias room-type@stable room-type@2.',
    );
  return withClient('models', environment, (client) => {
    if (model === undefined) return command(client, { action: 'REMOVE_ALIAS', subject: alias, route: null });
    const { canary, percent, client: clients, shadow } = options;
    const route = {
      to: model,
      canary: canary === undefined ? null : { to: canary, percent, clients },
      shadow: shadow ?? null,
    };
    const { models, problems } = readCatalogue();
    checkAliasRoute(
      alias,
      { ...route, canary: route.canary ?? undefined, shadow },
      {
        has: (id) => models.has(id) || problems.has(id),
        // The placement is arbitrary: pipelines are the same in all of them.
        incompatibilities: (name, id) => problemsBehind(name, id, fanlightTopology('staged'), models),
      },
    );
    return command(client, { action: 'SET_ALIAS', subject: alias, route });
  });
}

/** Sends a command and waits until every worker has applied or refused it. */
async function command(
  { services }: DeploymentClient,
  order: Pick<ModelCommand, 'action' | 'subject' | 'route'>,
): Promise<number> {
  const offset = await sendCommand(services, { ...order, issuedBy: userInfo().username });
  const until = performance.now() + applyWithinMs;
  for (;;) {
    const workers = await readWorkerModels(services);
    const behind = workers.filter(({ appliedOffset }) => appliedOffset < offset);
    const refusals = workers.flatMap(({ worker, refused }) =>
      refused[order.subject] === undefined ? [] : [`${worker}: ${refused[order.subject]}`],
    );
    if (behind.length > 0 && performance.now() < until) {
      await delay(250);
      continue;
    }
    for (const line of refusals) process.stderr.write(`${line}\n`);
    if (behind.length > 0)
      process.stderr.write(
        `Not yet applied by ${behind.map(({ worker }) => worker).join(', ')}; these workers will apply it as soon as they can.\n`,
      );
    process.stdout.write(
      `${workers.length - behind.length - refusals.length} of ${workers.length} workers applied the command.\n`,
    );
    return refusals.length + behind.length === 0 ? exitCodes.done : exitCodes.failed;
  }
}

function readCatalogue(): Catalogue {
  return openCatalogue(packagePath('models', 'catalogue'));
}

function stateOn({ models }: WorkerModels, id: string): string {
  const state = models.find((model) => model.id === id);
  if (!state) return '';
  return [
    state.state,
    state.pinned ? 'pinned' : '',
    state.waiting > 0 ? `${state.waiting} waiting` : '',
    state.failure ?? '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function memoryOf({ models, budgetMiB }: WorkerModels): string {
  const taken = models.filter(({ state }) => state !== 'absent').reduce((sum, { memoryMiB }) => sum + memoryMiB, 0);
  return `${taken} / ${budgetMiB ?? 'no limit'}`;
}

/** Alias → its model versions; more than one while some workers have not applied a change. */
function aliasesOf(workers: readonly WorkerModels[]): ReadonlyMap<string, string[]> {
  const places = new Map<string, Set<string>>();
  for (const { aliases } of workers)
    for (const [alias, to] of Object.entries(aliases)) places.set(alias, (places.get(alias) ?? new Set()).add(to));
  return new Map([...places].map(([alias, to]) => [alias, [...to]]));
}

function unknownModel(model: string, { models, problems }: Catalogue): WrongUsage {
  return new WrongUsage(
    `There is no model ${JSON.stringify(model)}.`,
    `Choose from: ${[...models.keys(), ...problems.keys()].join(', ')}.`,
  );
}
