import { describe, expect, it } from 'vitest';
import { idsOfFile, idsOfUrl } from '../../../cli/tag/photo-ids.js';

const urls: [name: string, url: string, listingId: string, imageId: string | RegExp][] = [
  [
    'uses host and folder',
    'https://a.example/homes/42/front.jpg',
    'a.example/homes/42',
    'a.example/homes/42/front.jpg',
  ],
  [
    'ignores whether the scheme is http or https',
    'http://a.example/homes/42/front.jpg',
    'a.example/homes/42',
    'a.example/homes/42/front.jpg',
  ],
  ['keeps a port', 'http://a.example:8080/1.jpg', 'a.example:8080', 'a.example:8080/1.jpg'],
  ['ignores a fragment', 'https://a.example/1.jpg#top', 'a.example', 'a.example/1.jpg'],
  ['adds a hash of the query', 'https://a.example/photo?id=1', 'a.example', /^a\.example\/photo~[0-9a-f]{12}$/],
  ['accepts a URL without a path', 'https://a.example', 'a.example', 'a.example/index'],
  ['drops credentials', 'https://me:secret@a.example/1.jpg', 'a.example', 'a.example/1.jpg'],
  [
    'keeps encoded parent folders below the host',
    'https://a.example/%2e%2e/%2E%2E/b/1.jpg',
    'a.example/b',
    'a.example/b/1.jpg',
  ],
  ['decodes encoded letters', 'https://a.example/my%20house/1.jpg', 'a.example/my house', 'a.example/my house/1.jpg'],
  ['keeps a lone per cent sign', 'https://a.example/100%/1.jpg', 'a.example/100%', 'a.example/100%/1.jpg'],
  ['accepts URLs of the image store', 's3://images/sha256/ab/abcd', 'images/sha256/ab', 'images/sha256/ab/abcd'],
  ['hashes text that is not a URL', 'http://[bad', 'urls', /^urls\/[0-9a-f]{12}$/],
];

describe('idsOfUrl', () => {
  it.each(urls)('%s', (_, url, listingId, imageId) => {
    expect(idsOfUrl(url)).toEqual({
      listingId,
      imageId: typeof imageId === 'string' ? imageId : expect.stringMatching(imageId),
    });
  });

  it('bounds long names and keeps them distinct', () => {
    const [a, b] = ['a', 'b'].map((end) => idsOfUrl(`https://a.example/${'x'.repeat(5_000)}${end}`).imageId);
    expect([a?.length, b?.length, a === b]).toEqual([200, 200, false]);
  });
});

describe('idsOfFile', () => {
  it.each([
    ['/data/house/1.jpg', '/data/house', 'house', 'house/1.jpg'],
    ['/data/house/attic/1.jpg', '/data/house', 'house/attic', 'house/attic/1.jpg'],
    ['/data/house/1.jpg', '/data/house/', 'house', 'house/1.jpg'],
    ['/1.jpg', '/', 'files', 'files/1.jpg'],
  ])('derives ids of %s in folder %s', (file, folder, listingId, imageId) => {
    expect(idsOfFile(file, folder)).toEqual({ listingId, imageId });
  });
});
