import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WrongUsage } from '../../../cli/client/exit-codes.js';
import { expandInputs, type InputOptions } from '../../../cli/tag/photo-inputs.js';

let root: string;
const at = (...parts: string[]) => join(root, ...parts);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fanlight-inputs-'));
  await mkdir(at('house', 'attic'), { recursive: true });
  await mkdir(at('house', '.cache'));
  for (const name of ['kitchen.jpg', 'notes.txt', '.hidden.jpg', 'attic/roof.webp', '.cache/thumb.jpg'])
    await writeFile(at('house', name), name);
  await symlink(at('house', 'kitchen.jpg'), at('house', 'link.jpg'));
  await symlink(at('house'), at('house', 'loop'));
  await writeFile(
    at('urls.txt'),
    '\uFEFF# the photos\r\nhttps://a.example/l/1.jpg\r\n\r\n  house/kitchen.jpg  \nhouse/attic\ngone.jpg',
  );
});
afterAll(() => rm(root, { recursive: true }));

async function expand(args: string[], options?: InputOptions) {
  const found: string[][] = [];
  for await (const { image, listingId, imageId, source } of expandInputs(args, options)) {
    const place = source.kind === 'url' ? source.url : source.path;
    found.push([image, listingId, imageId, place].map((text) => text.replace(root, '')));
  }
  return found;
}

describe('expandInputs', () => {
  it('yields every file of a folder that is not hidden, by name, and does not follow links to folders', async () => {
    expect(await expand([at('house')])).toEqual([
      ['/house/attic/roof.webp', 'house/attic', 'house/attic/roof.webp', '/house/attic/roof.webp'],
      ['/house/kitchen.jpg', 'house', 'house/kitchen.jpg', '/house/kitchen.jpg'],
      ['/house/link.jpg', 'house', 'house/link.jpg', '/house/link.jpg'],
      ['/house/notes.txt', 'house', 'house/notes.txt', '/house/notes.txt'],
    ]);
  });

  it('gives a file the same id alone as within its folder', async () => {
    expect(await expand([at('house', 'kitchen.jpg')])).toEqual([
      ['/house/kitchen.jpg', 'house', 'house/kitchen.jpg', '/house/kitchen.jpg'],
    ]);
  });

  it('uses the given listing id for all photos', async () => {
    expect(await expand([at('house'), 'http://b.example/x/1.jpg'], { listing: 'L7' })).toEqual([
      ['/house/attic/roof.webp', 'L7', 'L7/attic/roof.webp', '/house/attic/roof.webp'],
      ['/house/kitchen.jpg', 'L7', 'L7/kitchen.jpg', '/house/kitchen.jpg'],
      ['/house/link.jpg', 'L7', 'L7/link.jpg', '/house/link.jpg'],
      ['/house/notes.txt', 'L7', 'L7/notes.txt', '/house/notes.txt'],
      [
        'http://b.example/x/1.jpg',
        'L7',
        expect.stringMatching(/^L7\/1\.jpg~[0-9a-f]{12}$/),
        'http://b.example/x/1.jpg',
      ],
    ]);
  });

  it('reads a list with comments, blank lines, CRLF, paths relative to its folder, and missing paths', async () => {
    expect(await expand([at('urls.txt')])).toEqual([
      ['https://a.example/l/1.jpg', 'a.example/l', 'a.example/l/1.jpg', 'https://a.example/l/1.jpg'],
      ['house/kitchen.jpg', 'house', 'house/kitchen.jpg', '/house/kitchen.jpg'],
      ['/house/attic/roof.webp', 'attic', 'attic/roof.webp', '/house/attic/roof.webp'],
      ['gone.jpg', expect.any(String), expect.stringMatching(/\/gone\.jpg$/), '/gone.jpg'],
    ]);
  });

  it('reads standard input as a list, even in chunks of one byte', async () => {
    const bytes = Buffer.from('https://a.example/é/1.jpg\nhttps://a.example/2.jpg');
    async function* stdin() {
      for (const byte of bytes) yield Buffer.of(byte);
    }
    expect(await expand(['-'], { stdin: stdin() })).toEqual([
      ['https://a.example/é/1.jpg', 'a.example/é', 'a.example/é/1.jpg', 'https://a.example/é/1.jpg'],
      ['https://a.example/2.jpg', 'a.example', 'a.example/2.jpg', 'https://a.example/2.jpg'],
    ]);
  });

  it('rejects all missing arguments in one error', async () => {
    const expanding = expand([at('house'), at('gone'), at('lost')]);
    await expect(expanding).rejects.toThrow(WrongUsage);
    await expect(expanding).rejects.toThrow(`${at('gone')}, ${at('lost')}`);
  });
});
