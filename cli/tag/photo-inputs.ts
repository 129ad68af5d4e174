import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { WrongUsage } from '../client/exit-codes.js';
import { idsOfFile, idsOfUrl, type PhotoIds } from './photo-ids.js';
import { readLines } from '../client/read-lines.js';

/** One photo to tag. */
export interface PhotoInput extends PhotoIds {
  /** The path or URL as given (for a folder: with the file's path in it). */
  readonly image: string;
  readonly source: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'url'; readonly url: string };
}

export interface InputOptions {
  /** The listing of every photo, in place of the one that its place tells. */
  readonly listing?: string;
  readonly stdin?: AsyncIterable<Uint8Array | string>;
}

/** A file of one of these kinds is a list of paths and URLs when it is given by name; inside a folder it is a photo. */
const listExtensions = ['.txt', '.list', '.urls'];

/**
 * The photos that arguments stand for: a folder (every file in it and below that is not hidden), an image file, a list
 * (`urls.txt`: a path or URL a line, `#` comments, relative paths from the list's folder), a URL, or `-` for such
 * lines on standard input. Throws `WrongUsage` when an argument names nothing; a line of a list that names nothing is
 * a photo that fails.
 */
export async function* expandInputs(args: readonly string[], options: InputOptions = {}): AsyncGenerator<PhotoInput> {
  const kinds = await Promise.all(args.map(kindOf));
  const missing = args.filter((_, index) => kinds[index] === 'missing');
  if (missing.length > 0) {
    throw new WrongUsage(
      `There is no file or folder ${missing.join(', ')}.`,
      'Give folders, image files, lists (.txt) of paths and URLs, URLs, or - for standard input.',
    );
  }
  for (const [index, arg] of args.entries()) yield* expand(arg, kinds[index] ?? 'file', options);
}

/** What a path can be that is no file for us; lines of a list may be anything. */
const unusable = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'];

type Kind = 'stdin' | 'url' | 'folder' | 'list' | 'file' | 'missing';

async function kindOf(arg: string): Promise<Kind> {
  if (arg === '-') return 'stdin';
  if (isUrl(arg)) return 'url';
  const found = await statOrNull(arg);
  if (found === null) return 'missing';
  if (found.isDirectory()) return 'folder';
  return listExtensions.includes(extname(arg).toLowerCase()) ? 'list' : 'file';
}

async function* expand(arg: string, kind: Kind, options: InputOptions): AsyncGenerator<PhotoInput> {
  switch (kind) {
    case 'stdin':
      return yield* fromLines(options.stdin ?? process.stdin, '.', options);
    case 'list':
      return yield* fromLines(createReadStream(arg), dirname(arg), options);
    case 'folder':
      return yield* fromFolder(arg, arg, options);
    case 'url':
      return yield { image: arg, ...idsOfUrl(arg, options.listing), source: { kind: 'url', url: arg } };
    case 'file':
    case 'missing':
      return yield photoFile(arg, dirname(resolve(arg)), options);
  }
}

async function* fromLines(
  stream: AsyncIterable<Uint8Array | string>,
  base: string,
  options: InputOptions,
): AsyncGenerator<PhotoInput> {
  for await (const { text } of readLines(stream)) {
    const line = text.trim();
    if (line === '' || line.startsWith('#')) continue;
    const path = resolve(base, line);
    const kind = isUrl(line) ? 'url' : (await statOrNull(path))?.isDirectory() ? 'folder' : 'file';
    for await (const input of expand(kind === 'url' ? line : path, kind, options)) {
      yield kind === 'file' ? { ...input, image: line } : input;
    }
  }
}

/**
 * In the order of names, so that two runs send the same. Links to files are followed; to folders not (they may loop).
 */
async function* fromFolder(folder: string, root: string, options: InputOptions): AsyncGenerator<PhotoInput> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* fromFolder(path, root, options);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await statOrNull(path))?.isFile()))
      yield photoFile(path, root, options);
  }
}

function photoFile(path: string, folder: string, { listing }: InputOptions): PhotoInput {
  return { image: path, ...idsOfFile(path, folder, listing), source: { kind: 'file', path } };
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

async function statOrNull(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (unusable.includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
