import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const repository = join(import.meta.dirname, '../..');
const cruiser = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

export interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

/** Source text by path from the root. */
export type Files = Readonly<Record<string, string>>;

/** Returns empty packages with the given names, so that imports of them resolve. */
export function packageFiles(names: readonly string[]): Files {
  return Object.fromEntries(
    names.flatMap((name) => [
      [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' })],
      [`node_modules/${name}/index.js`, 'module.exports = {};'],
    ]),
  );
}

/** Checks a temporary tree outside the repository with the repository's import rules and package.json. */
export async function violationsOf(files: Files): Promise<readonly Violation[]> {
  const root = await mkdtemp(join(tmpdir(), 'fanlight-rules-'));
  try {
    await cp(join(repository, 'package.json'), join(root, 'package.json'));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return violationsIn(await cruise(root));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function cruise(root: string): Promise<string> {
  const config = join(repository, '.dependency-cruiser.cjs');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [cruiser, '.', '--config', config, '--output-type', 'json'],
      { cwd: root, maxBuffer: 64 * 1024 * 1024 },
      // The exit code is non-zero for violations; only a run without a report is an error of this helper.
      (error, stdout, stderr) =>
        stdout.startsWith('{') ? resolve(stdout) : reject(new Error(stderr, { cause: error })),
    );
  });
}

interface Report {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

function violationsIn(json: string): readonly Violation[] {
  const report = JSON.parse(json) as Report;
  return report.summary.violations.map(({ from, to, rule }) => ({ rule: rule.name, from, to }));
}
