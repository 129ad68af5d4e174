import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };

/** Commands of npm itself, which need no script in package.json. */
const ofNpm = ['ci', 'version'];

describe.each(['AGENTS.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', '.github/PULL_REQUEST_TEMPLATE.md'])(
  '%s',
  (page) => {
    const text = read(page);

    it('names only npm commands that exist', () => {
      const commands = [...text.matchAll(/`npm (?:run )?([\w:]+)/g)].map((match) => match[1] ?? '');
      expect(commands.filter((command) => !(command in scripts) && !ofNpm.includes(command))).toEqual([]);
    });

    it('names only files and folders that exist', () => {
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '');
      const quoted = [...text.matchAll(/`([.\w-]+(?:\/[\w.-]*)+)`/g)].map((match) => match[1] ?? '');
      const paths = [...links, ...quoted.filter((path) => !path.startsWith('/'))];
      expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    });

    it('has no line of more than 120 characters', () => {
      expect(text.split('\n').filter((line) => line.length > 120)).toEqual([]);
    });
  },
);

describe('AGENTS.md', () => {
  it('fits on one page', () => {
    expect(read('AGENTS.md').split('\n').length).toBeLessThan(70);
  });
});

describe.each(['README.md', 'docs/architecture.md'])('%s', (page) => {
  it('names only files and folders that exist', () => {
    const folder = dirname(join(root, page));
    const text = read(page);
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => join(folder, match[1] ?? ''));
    const quoted = [...text.matchAll(/`([a-z][\w-]*\/(?:[\w.@-]+\/)*(?:[\w.@-]+\.ts)?)`/g)].map((match) =>
      join(root, match[1] ?? ''),
    );
    expect([...links, ...quoted].filter((path) => !existsSync(path))).toEqual([]);
    expect(quoted.length).toBeGreaterThan(10);
  });
});
