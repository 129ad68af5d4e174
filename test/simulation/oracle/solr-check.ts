import type { SolrPhotos } from '../stores/solr-photos.js';
import { isNewer, newestByPhoto, type Result } from './results.js';
import type { StoreCheck } from './store-check.js';

const pipeline = 'sim-photo@1';

/** One document for each photo, with the newest result. */
export function createSolrCheck(photos: SolrPhotos): StoreCheck {
  function held(imageId: string): Pick<Result, 'id' | 'value'> | undefined {
    const document = photos.held(imageId, [pipeline]);
    const [version] = document?.pipelines.values() ?? [];
    if (version === undefined) return undefined;
    return { id: version.id, value: { eventTime: version.eventTime } as Result['value'] };
  }

  return {
    has(result) {
      const stored = held(result.value.imageId);
      return stored !== undefined && !isNewer(result, stored);
    },
    differences(results) {
      const newest = newestByPhoto(results);
      const found: string[] = [];
      for (const [imageId, { id, value }] of newest) {
        const stored = held(imageId);
        if (stored?.id !== id || stored.value.eventTime !== value.eventTime)
          found.push(`Solr holds ${stored?.id} of ${stored?.value.eventTime} for ${imageId}, not ${id}`);
        if (photos.documents.get(imageId)?.fields.get('contentSha256') !== value.contentSha256)
          found.push(`Solr holds the fields of another result for ${imageId}`);
      }
      const extra = [...photos.documents.keys()].filter((imageId) => !newest.has(imageId));
      return [...found, ...extra.map((imageId) => `Solr has ${imageId}, which no result names`)];
    },
  };
}
