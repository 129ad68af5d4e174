import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { WrongUsage } from '../client/exit-codes.js';
import { idsOfFile, idsOfUrl, type PhotoIds } from './photo-ids.js';
import { readLines } from '../client/lines.js';

/** One photo to tag. */
export interface PhotoInput extends PhotoIds {
  /** The path or URL as given (for a folder: with the file's path in it). */
  readonly image: string;
  readonly source: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'url'; readonly url: string };
}

export interface InputOptions {
  /** Listing of every photo, instead of the one derived from its path or URL. */
  readonly listing?: string;
  readonly stdin?: AsyncIterable<Uint8Array | string>;
}

/** A file with such an extension is a list of paths and URLs if it is given by name; inside a folder it is a photo. */
const listExtensions = ['.txt', '.list', '.urls'];

/**
 * Yields the photos of the arguments. An argument is a folder (every file in it and below that is not hidden), an image
 * file, a list (`urls.txt`: one path or URL per line, `#` comments, paths relative to the list's folder), a URL, or `-`
 * for such lines on standard input. Throws `WrongUsage` if an argument does not exist; a line of a list that does not
 * exist is a photo that fails.
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

/** Errors of paths that are not usable files; lines of a list may be any text. */
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
 * Yields the files in the order of their names, so that two runs send the same sequence. Links to files are followed;
 * links to folders are not, because they may form a loop.
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
