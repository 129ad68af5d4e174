import type { Scope } from './client.js';

/** Path → the scope that its routes ask for; the others are open. */
const scopesByPath: Readonly<Record<string, Scope>> = {
  '/v1/tags': 'tag',
  '/v1/pipelines': 'tag',
};

export function scopeOf(path: string): Scope | undefined {
  return scopesByPath[path];
}
