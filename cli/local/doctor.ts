import pc from 'picocolors';
import { checkMachine, type Check } from '../../deploy/platform/preflight.js';
import { defaultRoutes } from '../../models/aliases.js';
import { openCatalogue } from '../../models/catalogue.js';
import { verifyWeights } from '../../models/weights.js';
import { checkModels } from '../../topology/check-models.js';
import { fanlightTopology } from '../../topology/main.js';
import { stateDirectory } from '../config.js';
import { readRecord } from '../deployment-record.js';
import { packagePath } from '../package-root.js';

/** `fanlight doctor`: what would keep Fanlight from running here. Exit code 1 when something would. */
export async function doctor({ json }: { readonly json: boolean }, environment: NodeJS.ProcessEnv): Promise<number> {
  const running = readRecord(environment);
  const machine = running
    ? [{ id: 'running', status: 'ok' as const, message: `Fanlight runs (process ${running.pid}); ports and memory are its own.` }]
    : await checkMachine({ dataDir: stateDirectory(environment) });
  const checks = [...machine, await check('topology', 'The topology and the model cards fit.', checkTopologyAndCards), ...(await checkWeights())];
  const failed = checks.some(({ status }) => status === 'failed');
  if (json) process.stdout.write(`${JSON.stringify({ ok: !failed, checks })}\n`);
  else for (const entry of checks) process.stdout.write(`${mark(entry.status)} ${entry.message}\n`);
  return failed ? 1 : 0;
}

const cataloguePath = packagePath('models', 'catalogue');

function checkTopologyAndCards(): Promise<void> {
  const catalogue = openCatalogue(cataloguePath);
  checkModels(fanlightTopology('staged'), { ...catalogue, aliases: defaultRoutes });
  const problems = [...catalogue.problems.values()].map(({ message }) => message);
  if (problems.length > 0) throw new Error(problems.join(' '));
  return Promise.resolve();
}

function checkWeights(): Promise<Check[]> {
  const entries = [...openCatalogue(cataloguePath).models].filter(([, { card }]) => card.weights !== undefined);
  return Promise.all(entries.map(([id, { card, dir }]) => check(`weights-${id}`, `The weights of ${id} are intact.`, () => verifyWeights(card, dir))));
}

async function check(id: string, message: string, run: () => Promise<unknown>): Promise<Check> {
  try {
    await run();
    return { id, status: 'ok', message };
  } catch (error) {
    return { id, status: 'failed', message: (error as Error).message };
  }
}

function mark(status: Check['status']): string {
  return { ok: pc.green('ok     '), warning: pc.yellow('warning'), failed: pc.red('failed ') }[status];
}
