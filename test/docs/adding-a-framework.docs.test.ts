import { readFileSync, rmSync } from 'node:fs';
import { test } from 'vitest';
import { copyOfTheTree, follow } from './follow-page.js';

test('the steps of docs/adding-a-framework.md work as written', async () => {
  const folder = copyOfTheTree();
  try {
    await follow(readFileSync(new URL('../../docs/adding-a-framework.md', import.meta.url), 'utf8'), folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
