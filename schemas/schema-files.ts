import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { valueSchemas, type SchemaName } from './topics.js';

/**
 * Returns the Avro schema as JSON text. The files are in `schemas/` of the package, for both the sources and `dist/`.
 */
export function loadSchema(name: SchemaName): string {
  return readFileSync(join(packageRoot(), 'schemas', valueSchemas[name]), 'utf8');
}

function packageRoot(): string {
  const here = dirname(dirname(fileURLToPath(import.meta.url)));
  return here.endsWith('dist') ? dirname(here) : here;
}
