import type { ImageStore } from '../../processors/ports.js';
import { imageKey, imageUrl, keyOfUrl, storedImageTooLarge } from './image-url.js';

export interface MemoryImageStore extends ImageStore {
  /** Objects by their key in the bucket. Tests fill and inspect it. */
  readonly objects: Map<string, Uint8Array>;
}

/** For tests and the in-memory driver. It keeps everything, and no call fails. */
export function createMemoryImageStore({ bucket = 'images' }: { readonly bucket?: string } = {}): MemoryImageStore {
  const objects = new Map<string, Uint8Array>();
  return {
    objects,
    async get(sha256) {
      return objects.get(imageKey(sha256)) ?? null;
    },
    async put(sha256, bytes) {
      if (!objects.has(imageKey(sha256))) objects.set(imageKey(sha256), bytes);
    },
    urlOf: (sha256) => imageUrl(bucket, sha256),
    async getByUrl(url, limitBytes) {
      const bytes = objects.get(keyOfUrl(url, bucket)) ?? null;
      if (bytes !== null && bytes.length > limitBytes) throw storedImageTooLarge(url, limitBytes);
      return bytes;
    },
  };
}
