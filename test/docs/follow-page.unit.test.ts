import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { follow } from './follow-page.js';

const fence = (info: string, ...lines: string[]) => ['```' + info, ...lines, '```'].join('\n');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'page-'));
  writeFileSync(join(folder, 'list.ts'), "const list = [1];\nimport { a } from 'a';\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

test('follow() executes the blocks of a page in their order', async () => {
  const page = [
    'Create `a/b.txt`:',
    fence('txt create=a/b.txt', 'hello', 'there'),
    'In `list.ts`, after `list = [`:',
    fence('ts insert=list.ts after="list = ["', '0, '),
    'In `list.ts`, above `import { a }`:',
    fence('ts insert=list.ts before="import { a }"', '// above'),
    fence('sh', 'cat a/b.txt', 'cat list.ts'),
    'It prints:',
    fence('text', 'hello', 'const … = [0, 1];', '// above'),
  ].join('\n\n');
  await follow(page, folder);
  expect(readFileSync(join(folder, 'list.ts'), 'utf8')).toBe(
    "const list = [0, 1];\n// above\nimport { a } from 'a';\n",
  );
});

test.each([
  ['a file that the text does not name', ['Create it:', fence('txt create=a.txt', 'a')], 'does not name a.txt'],
  ['a file that exists', ['Create `list.ts`:', fence('ts create=list.ts', 'a')], 'already exists'],
  [
    'an anchor that does not exist',
    ['In `list.ts`, after `lost = [`:', fence('ts insert=list.ts after="lost = ["', '0')],
    'does not contain "lost = [" exactly once',
  ],
  [
    'an anchor that occurs twice',
    ['In `list.ts`, after `a`:', fence('ts insert=list.ts after="a"', '0')],
    'does not contain "a" exactly once',
  ],
  ['a command that fails', [fence('sh', 'ls lost')], 'ls lost failed'],
  [
    'other output than the page says',
    [fence('sh', 'echo one'), fence('text', 'two')],
    'The page says that this is printed: two',
  ],
  ['a block without an instruction', [fence('ts', 'const a = 1;')], 'The block "ts" has neither'],
])('follow() reports %s', async (_what, parts, message) => {
  await expect(follow(parts.join('\n\n'), folder)).rejects.toThrow(message);
});
