import type { OutputCache } from '../../processors/ports.js';

/** For tests and the in-memory driver. It keeps everything. */
export function createMemoryOutputCache(): OutputCache {
  const photos = new Map<string, Map<string, Uint8Array>>();
  return {
    async get(content, ids) {
      return new Map([...(photos.get(content) ?? [])].filter(([id]) => ids.includes(id)));
    },
    async put(content, outputs) {
      photos.set(content, new Map([...(photos.get(content) ?? []), ...outputs]));
    },
  };
}
