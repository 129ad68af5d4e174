import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Executes the steps of a page of docs/.

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block, and the paragraph directly above it. */
interface Block {
  readonly info: string;
  readonly body: string;
  readonly above: string;
}

/** Copies tracked files and new files that git does not ignore into a new folder; links node_modules. */
export function copyOfTheTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'follow-'));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of files.split('\0')) {
    const isSource = file !== '' && file !== 'node_modules' && existsSync(join(root, file));
    if (isSource) cpSync(join(root, file), join(copy, file));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let after = 0;
  for (const fence of page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)) {
    blocks.push({
      info: fence[1] ?? '',
      body: fence[2] ?? '',
      above:
        page
          .slice(after, fence.index)
          .split(/\n\n/)
          .filter((part) => part.trim() !== '')
          .at(-1) ?? '',
    });
    after = fence.index + fence[0].length;
  }
  return blocks;
}

/**
 * Executes the blocks of a page in `folder`, in their order:
 * - `create=FILE` creates a file;
 * - `insert=FILE after="text"` inserts in the same line, `insert=FILE before="text"` inserts lines above it;
 * - `sh` runs each line;
 * - `text` lists lines that the commands before it must have printed; `…` matches any text.
 * @throws Error that names the block that cannot be executed or has another outcome
 */
export async function follow(page: string, folder: string): Promise<void> {
  let printed = '';
  for (const { info, body, above } of blocksOf(page)) {
    const [language = '', what = ''] = info.split(' ');
    const [verb, file = ''] = what.split('=');
    const anchor = /(after|before)="(.*)"$/.exec(info);
    for (const said of [file, anchor?.[2] ?? '']) {
      if (said !== '' && !above.includes(`\`${said}\``))
        throw new Error(`The text above the block "${info}" does not name ${said}.`);
    }
    if (verb === 'create') create(join(folder, file), body);
    else if (verb === 'insert') insert(join(folder, file), body, anchor?.[1] ?? '', anchor?.[2] ?? '');
    else if (language === 'sh') printed = await runAll(body, folder);
    else if (language === 'text') expectLines(printed, body);
    else throw new Error(`The block "${info}" has neither create= nor insert=.`);
  }
}

function create(file: string, body: string): void {
  if (existsSync(file)) throw new Error(`${file} already exists.`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, body);
}

function insert(file: string, body: string, where: string, anchor: string): void {
  const [before = '', behind, ...more] = readFileSync(file, 'utf8').split(anchor);
  if (behind === undefined || more.length > 0) throw new Error(`${file} does not contain "${anchor}" exactly once.`);
  const startOfLine = before.lastIndexOf('\n') + 1;
  const text =
    where === 'after'
      ? `${before}${anchor}${body.replace(/\n$/, '')}${behind}`
      : `${before.slice(0, startOfLine)}${body}${before.slice(startOfLine)}${anchor}${behind}`;
  writeFileSync(file, text);
}

async function runAll(commands: string, folder: string): Promise<string> {
  let printed = '';
  for (const command of commands.trim().split('\n')) printed += await run(command, folder);
  return printed;
}

function run(command: string, cwd: string): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', FANLIGHT_STATE_DIR: join(cwd, 'state') };
  return new Promise((resolve, reject) => {
    execFile('bash', ['-c', command], { cwd, env, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else reject(new Error(`${command} failed: ${stdout}${stderr}`));
    });
  });
}

function expectLines(printed: string, lines: string): void {
  const given = words(printed);
  for (const line of lines.trim().split('\n')) {
    const pattern = new RegExp(
      words(line)
        .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replaceAll('…', '.+'),
    );
    if (!pattern.test(given)) throw new Error(`The page says that this is printed: ${line}\nPrinted was:\n${printed}`);
  }
}

function words(text: string): string {
  return text.replace(/[^\S\n]+/g, ' ');
}
