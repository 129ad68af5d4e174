import type { ImageTags } from '../../schemas/events.js';
import { imageTagsId, sha256Hex } from '../../schemas/ids.js';
import { pipeline } from './sent-event.js';

/** A tag result that no worker has made. */
export interface SentResult {
  /** `ce_id`. */
  readonly id: string;
  readonly tags: ImageTags;
}

/** Returns results of different photos. */
export function makeResults(count: number, prefix: string, now: number): readonly SentResult[] {
  return Array.from({ length: count }, (_, index) => {
    const imageId = `${prefix}-${index}`;
    const contentSha256 = sha256Hex(Buffer.from(imageId));
    const tags: ImageTags = {
      ...{ listingId: imageId, imageId, url: null, pipeline, contentSha256, format: 'jpeg', width: 300, height: 300 },
      ...{ roomType: null, tags: [], models: ['moderation@1'], cached: [], timings: {}, attributes: {} },
      ...{ eventTime: now, taggedAt: now },
    };
    return { id: imageTagsId(tags), tags };
  });
}
