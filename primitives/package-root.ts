import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Returns the folder with package.json: the nearest one above this module, so that resources are found both from the
 * sources and from dist/.
 */
export function packageRoot(from: string = fileURLToPath(import.meta.url)): string {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    // The compiler copies package.json into dist/ as soon as one module imports it.
    if (basename(folder) !== 'dist' && existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) {
      throw new Error(`No package.json above ${from}: the installation is incomplete, install the package again.`);
    }
  }
}

export function packagePath(...parts: readonly string[]): string {
  return join(packageRoot(), ...parts);
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string }).version;
}
