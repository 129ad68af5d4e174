import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Sabotage } from './sabotages.js';

const root = join(import.meta.dirname, '../../..');

export interface SabotagedRun {
  /** The first failing seed; undefined: none failed. */
  readonly seed: number | undefined;
  /** Output of the command. */
  readonly output: string;
}

/** Runs seeds with a sabotaged product, until one fails. Rejects when a text of the sabotage is not in its file. */
export function runSabotaged({ edits }: Sabotage, seeds: number): Promise<SabotagedRun> {
  const files = edits.map(({ file, ...edit }) => ({ file: join(root, file), ...edit }));
  const hooks = ['--import', './test/simulation/sabotage/register.mjs', '--import', 'tsx'];
  const child = spawn(process.execPath, [...hooks, 'test/simulation/main.ts', '--seeds', String(seeds), '--first'], {
    cwd: root,
    env: { ...process.env, NODE_ENV: '', FANLIGHT_SABOTAGE: JSON.stringify(files) },
  });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      const seed = /^seed (\d+): /m.exec(output)?.[1];
      if (!output.includes(' seeds from ')) reject(new Error(output));
      else resolve({ seed: seed === undefined ? undefined : Number(seed), output });
    });
  });
}
