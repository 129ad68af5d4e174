import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryImageStore } from '../../adapters/image-store/memory-image-store.js';
import { fetchImage } from '../../processors/fetch-image.js';
import type { UrlFetcher } from '../../processors/ports.js';
import type { ListingImage } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { codeAndMessage, createContext, failureOf, quarters, runOnce } from './support.js';

const photo = await quarters(20, 10).jpeg().toBuffer();
const sha256 = createHash('sha256').update(photo).digest('hex');
const storedKey = `sha256/${sha256.slice(0, 2)}/${sha256}`;

function setUp(web: Readonly<Record<string, Uint8Array>> = {}) {
  const images = createMemoryImageStore({ bucket: 'photos' });
  const asked: string[] = [];
  const urls: UrlFetcher = {
    async fetch(url) {
      asked.push(url);
      const bytes = web[url];
      if (bytes === undefined)
        throw new FanlightError({ code: 'not-found', message: 'a.example answered with status 404.', remedy: '' });
      return bytes;
    },
  };
  const context = createContext();
  const fetch = async (given: Partial<ListingImage>) => {
    const event: ListingImage = {
      listingId: 'l',
      imageId: 'i',
      url: null,
      content: null,
      pipeline: null,
      attributes: {},
      ...given,
    };
    const file = await runOnce(fetchImage, { event }, { ports: { images, urls }, context });
    await Promise.all(context.waitedFor);
    return file;
  };
  return { images, asked, context, fetch };
}

const expected = { bytes: photo, sha256, format: 'jpeg' };

describe('fetchImage', () => {
  it('prefers the content of the event to its URL', async () => {
    const { fetch, asked, images } = setUp();
    expect(await fetch({ content: photo, url: 'https://a.example/1.jpg' })).toEqual(expected);
    expect(asked).toEqual([]);
    expect([...images.objects]).toEqual([[storedKey, photo]]);
  });

  it('fetches from the web, and stores the file once', async () => {
    const { fetch, images, context } = setUp({ 'https://a.example/1.jpg': photo });
    expect(await fetch({ url: 'https://a.example/1.jpg' })).toEqual(expected);
    await fetch({ url: 'https://a.example/1.jpg' });
    expect([[...images.objects.keys()], context.waitedFor.length]).toEqual([[storedKey], 2]);
  });

  it('does not store a file from the store again', async () => {
    const { fetch, images, context, asked } = setUp();
    await images.put(sha256, photo);
    expect(await fetch({ url: `s3://photos/${storedKey}` })).toEqual(expected);
    expect([asked, context.waitedFor]).toEqual([[], []]);
  });

  it('stores an upload under its hash, which later stages use as the key', async () => {
    const { fetch, images } = setUp();
    images.objects.set('uploads/1.jpg', photo);
    expect(await fetch({ url: 's3://photos/uploads/1.jpg' })).toEqual(expected);
    expect([...images.objects.keys()]).toEqual(['uploads/1.jpg', storedKey]);
  });

  it.each<[string, Partial<ListingImage>, string, string]>([
    ['neither URL nor content', {}, 'invalid-url', 'neither a URL nor content'],
    ['another bucket', { url: 's3://secrets/1.jpg' }, 'invalid-url', 'bucket "secrets"'],
    ['an s3 URL without a key', { url: 's3://photos/' }, 'invalid-url', 's3://<bucket>/<key>'],
    ['a missing s3 object', { url: 's3://photos/no.jpg' }, 'not-found', 's3://photos/no.jpg'],
    ['a missing web page', { url: 'https://a.example/no.jpg' }, 'not-found', 'a.example answered with status 404'],
    ['an HTML page', { url: 'https://a.example/page.jpg' }, 'not-an-image', 'looks like an HTML page'],
    ['empty content', { content: new Uint8Array() }, 'empty-file', 'is empty'],
  ])('rejects %s and stores nothing', async (_name, event, code, message) => {
    const { fetch, images, context } = setUp({
      'https://a.example/page.jpg': Buffer.from('<!doctype html><p>Sold</p>'),
    });
    expect(codeAndMessage(await failureOf(fetch(event)))).toEqual({ code, message: expect.stringContaining(message) });
    expect([images.objects.size, context.waitedFor.length]).toEqual([0, 0]);
  });
});
