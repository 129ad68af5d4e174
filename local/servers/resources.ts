import { packagePath } from '../../primitives/package-root.js';

/** Returns the path of a file in local/servers/ (pom, configuration, Java source). */
export function platformResource(...segments: readonly string[]): string {
  return packagePath('local', 'servers', ...segments);
}
