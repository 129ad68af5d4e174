import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '../../local/servers/artifacts/artifacts.js';
import { withFileLock } from '../../local/servers/artifacts/file-lock.js';

const run = promisify(execFile);

/** Returns why Python clients cannot be tested here; null if they can. */
export async function pythonIsMissing(): Promise<string | null> {
  try {
    await run('python3', ['-c', 'import venv, ensurepip, sys; assert sys.version_info >= (3, 11)']);
    return null;
  } catch (error) {
    return `there is no Python 3.11 or newer with venv: ${(error as Error).message.split('\n')[0]}`;
  }
}

/**
 * Returns the interpreter of a virtual environment with the packages of a requirements file. The environment is created
 * once and kept in Fanlight's cache.
 */
export async function pythonWith(requirements: string): Promise<string> {
  const { stdout: version } = await run('python3', ['--version']);
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .update(version)
    .digest('hex')
    .slice(0, 12);
  const folder = join(cacheDir(), `python-${key}`);
  const python = join(folder, 'bin', 'python');
  const whole = join(folder, 'whole');
  await mkdir(cacheDir(), { recursive: true });
  await withFileLock(`${folder}.lock`, async () => {
    if (existsSync(whole)) return;
    // The scripts of an environment contain its path, so it cannot be created elsewhere and moved. A file marks a
    // complete environment.
    await rm(folder, { recursive: true, force: true });
    await run('python3', ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
    await writeFile(whole, '');
  });
  return python;
}
