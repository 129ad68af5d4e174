import { execFile } from 'node:child_process';
import { systemErrorCode } from '../errors.js';

export type MavenResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Long enough for a slow connection, short enough to detect a stalled one. */
const TIMEOUT_MS = 15 * 60_000;

/** Runs a goal of the dependency plugin on a pom, into `outputDirectory`. */
export function runMaven(pom: string, goal: string, outputDirectory: string): Promise<MavenResult> {
  const args = ['-q', '-B', '-f', pom, `dependency:${goal}`, `-DoutputDirectory=${outputDirectory}`];
  return new Promise((resolve) => {
    execFile('mvn', args, { timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve({ ok: true });
      else if (systemErrorCode(error) === 'ENOENT') resolve({ ok: false, reason: 'mvn is not installed' });
      else resolve({ ok: false, reason: mavenErrorLine(`${stdout}\n${stderr}`) ?? error.message });
    });
  });
}

/** Returns the first line that Maven marks as an error, without the mark and without the help link at its end. */
export function mavenErrorLine(output: string): string | undefined {
  // Maven writes colour codes even if its output is not a terminal.
  const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
  const line = output
    .replace(colours, '')
    .split('\n')
    .find((candidate) => /^\[(ERROR|FATAL)\]\s+\S/.test(candidate));
  return line
    ?.replace(/^\[(ERROR|FATAL)\]\s+/, '')
    .replace(/\s*->\s*\[Help \d+\]\s*$/, '')
    .trim();
}
