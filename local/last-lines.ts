import { readFileSync } from 'node:fs';

/** Returns the last lines of a short text file, joined by ` | `. */
export function lastLines(file: string, count: number): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join(' | ');
}
