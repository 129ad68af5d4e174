import pc from 'picocolors';
import { checkMachine, type Check } from './servers/preflight.js';
import { defaultAliasRoutes } from '../models/aliases.js';
import { openCatalogue, type Catalogue } from '../models/catalogue.js';
import { asFanlightError } from '../schemas/failure.js';
import { checkModels } from '../topology/model-checks.js';
import { fanlightTopology } from '../topology/main.js';
import { readConfig, stateDirectory } from '../processes/config.js';
import { clientEnvironment, readRecord } from './deployment-record.js';
import { checkGroups } from './group-check.js';
import { statusOfGroups } from './running-groups.js';
import { packagePath } from '../primitives/package-root.js';
import { checkModelsLoad } from './model-check.js';

export interface DoctorOptions {
  readonly json: boolean;
  /** Checks only this model, and whether the pipelines fit the cards. */
  readonly model?: string;
}

/**
 * `fanlight doctor`: checks whether Fanlight can run here. Exits with 1 if a check fails.
 * @param catalogue the shipped one, except in tests
 */
export async function doctor(
  { json, model }: DoctorOptions,
  environment: NodeJS.ProcessEnv,
  catalogue: Catalogue = openCatalogue(packagePath('models', 'catalogue')),
): Promise<number> {
  const machine = model === undefined ? await checkMachineOrDeployment(environment) : [];
  const checks = [...machine, checkTopology(catalogue), ...(await checkModelsLoad(catalogue, model))];
  const failed = checks.some(({ status }) => status === 'failed');
  if (json) process.stdout.write(`${JSON.stringify({ ok: !failed, checks })}\n`);
  else for (const entry of checks) process.stdout.write(`${mark(entry.status)} ${entry.message}\n`);
  return failed ? 1 : 0;
}

async function checkMachineOrDeployment(environment: NodeJS.ProcessEnv): Promise<readonly Check[]> {
  const running = readRecord(environment);
  if (!running) return checkMachine({ dataDir: stateDirectory(environment) });
  return [
    {
      id: 'running',
      status: 'ok',
      message: `Fanlight already runs (process ${running.pid}), so its ports and memory are in use.`,
    },
    await checkGroups(() => statusOfGroups(readConfig(clientEnvironment(environment)))),
  ];
}

function checkTopology(catalogue: Catalogue): Check {
  try {
    checkModels(fanlightTopology('staged'), { ...catalogue, aliases: defaultAliasRoutes });
    return { id: 'topology', status: 'ok', message: 'The pipelines fit the model cards.' };
  } catch (error) {
    const { message, remedy } = asFanlightError(error);
    return { id: 'topology', status: 'failed', message: `${message} ${remedy}` };
  }
}

function mark(status: Check['status']): string {
  return { ok: pc.green('ok     '), warning: pc.yellow('warning'), failed: pc.red('failed ') }[status];
}
