import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Returns the folder of package.json. It walks up from this module, so it works both in the sources and in dist/.
 */
export function packageRoot(from: string = fileURLToPath(import.meta.url)): string {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    // The compiler copies package.json into dist/ if a module imports it.
    if (basename(folder) !== 'dist' && existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) {
      throw new Error(`No package.json above ${from}: the installation is incomplete, install the package again.`);
    }
  }
}

/** Returns the path of a file in local/servers/ that ships with the code (poms, configuration, Java sources). */
export function platformResource(...segments: readonly string[]): string {
  return join(packageRoot(), 'local', 'servers', ...segments);
}
