import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { copyOfTheTree, follow } from './follow-page.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('docs/adding-a-role.md can be followed word for word, and changes only the list and generated files', async () => {
  const folder = copyOfTheTree();
  try {
    await follow(readFileSync(join(root, 'docs/adding-a-role.md'), 'utf8'), folder);
    expect(changedFiles(folder)).toEqual(['docker-compose.yml', 'docs/operations.md', 'processes/worker/roles.ts']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Files of the repository that differ in a copy of the tree. */
function changedFiles(copy: string): string[] {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return files
    .split('\0')
    .filter((file) => file !== '' && file !== 'node_modules')
    .filter((file) => !readFileSync(join(root, file)).equals(readFileSync(join(copy, file))))
    .sort();
}
