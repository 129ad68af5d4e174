import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageStore } from '../../processors/ports.js';
import { codeAndMessage, failureOf } from '../processors/support.js';

/** Tests that every image store must pass. The name of its bucket is `photos`. */
export function imageStoreSuite(name: string, open: () => Promise<ImageStore>): void {
  describe(name, () => {
    let store: ImageStore;
    const bytes = randomBytes(2000);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const missing = 'ab'.repeat(32);
    beforeAll(async () => {
      store = await open();
    });

    it('returns the bytes of an earlier put', async () => {
      await store.put(sha256, bytes);
      expect(Buffer.from((await store.get(sha256)) ?? []).equals(bytes)).toBe(true);
    });

    it('accepts repeated and concurrent puts of the same content', async () => {
      const other = randomBytes(500);
      const key = createHash('sha256').update(other).digest('hex');
      await Promise.all([store.put(key, other), store.put(key, other)]);
      await store.put(key, other);
      expect(Buffer.from((await store.get(key)) ?? []).equals(other)).toBe(true);
    });

    it('returns null for keys without an object', async () => {
      expect([await store.get(missing), await store.getByUrl(store.urlOf(missing), 1e6)]).toEqual([null, null]);
    });

    it('returns the object for the URL that it gives', async () => {
      await store.put(sha256, bytes);
      const url = store.urlOf(sha256);
      expect(url).toBe(`s3://photos/sha256/${sha256.slice(0, 2)}/${sha256}`);
      expect((await store.getByUrl(url, 2000))?.length).toBe(2000);
    });

    it.each<[string, string, number, string]>([
      ['larger than the limit', '', 1999, 'too-large'],
      ['in another bucket', 's3://secrets/key', 1e6, 'invalid-url'],
      ['without a key', 's3://photos', 1e6, 'invalid-url'],
      ['with another scheme', 'https://a.example/1.jpg', 1e6, 'invalid-url'],
    ])('refuses a URL %s', async (_name, url, limit, code) => {
      await store.put(sha256, bytes);
      const failure = await failureOf(store.getByUrl(url === '' ? store.urlOf(sha256) : url, limit));
      expect(codeAndMessage(failure).code).toBe(code);
    });
  });
}
