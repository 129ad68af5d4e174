import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
// The rules of this test need no types, and a planted text belongs to no TypeScript project.
const eslint = new ESLint({ cwd: root, overrideConfig: [tseslint.configs.disableTypeChecked] });
const hint = 'primitives/system.ts';

async function reported(path: string, text: string): Promise<number> {
  const [result] = await eslint.lintText(text, { filePath: join(root, path) });
  return (result?.messages ?? []).filter(({ message }) => message.includes(hint)).length;
}

const planted = [
  `export const at = Date.now();`,
  `export const at = new Date();`,
  `export const at = performance.now();`,
  `export const chance = Math.random();`,
  `export const bound = AbortSignal.timeout(1);`,
  `setTimeout(() => undefined, 1);`,
  `setInterval(() => undefined, 1);`,
  `setImmediate(() => undefined);`,
  `export const wait = (resolve: () => void) => globalThis.setTimeout(resolve, 1);`,
  `import { setTimeout } from 'node:timers/promises';\nawait setTimeout(1);`,
];

describe('lint', () => {
  it.each(planted)('reports free time and chance in code that handles records: %s', async (text) => {
    expect(await reported('runtime/planted.ts', `${text}\n`)).toBe(1);
  });

  it.each(['sinks', 'adapters', 'jobs', 'processors', 'processes', 'primitives', 'topology'])(
    'reports it in %s/',
    async (folder) => {
      expect(await reported(`${folder}/planted.ts`, `export const at = Date.now();\n`)).toBe(1);
    },
  );

  it.each(['primitives/system.ts', 'cli/planted.ts', 'test/planted.ts'])('accepts it in %s', async (path) => {
    expect(await reported(path, `export const at = Date.now();\n`)).toBe(0);
  });

  it('accepts a moment that an argument names', async () => {
    expect(
      await reported('runtime/planted.ts', `export const text = (now: number) => new Date(now).toISOString();\n`),
    ).toBe(0);
  });
});
