import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json, whether this runs from the sources or from `dist/`. */
export function packageRoot(): string {
  const parent = dirname(dirname(fileURLToPath(import.meta.url)));
  return parent.endsWith('dist') ? dirname(parent) : parent;
}

export function packagePath(...parts: readonly string[]): string {
  return join(packageRoot(), ...parts);
}

export function packageVersion(): string {
  return (JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as { version: string }).version;
}
