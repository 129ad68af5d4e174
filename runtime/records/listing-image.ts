import type { ListingImage } from '../../schemas/events.js';
import { eventTypes, headers } from '../../schemas/headers.js';
import { listingImageId } from '../../schemas/ids.js';
import type { LaneName } from '../../schemas/lanes.js';
import { topics } from '../../schemas/topics.js';
import type { Codec } from './codec.js';
import { eventHeaders } from './event-headers.js';
import type { OutgoingMessage } from './message.js';
import { sealedFor, type Seal } from './seal.js';

export interface ListingImageOptions {
  readonly lane: LaneName;
  readonly codec: Codec;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly source: string;
  readonly traceparent: string;
  /** Epoch milliseconds. */
  readonly deadline?: number;
  readonly client?: string;
  readonly job?: {
    readonly id: string;
    readonly item: number;
    readonly reference: string | null;
    readonly callback: string | null;
    /** Proves that the job is one of Fanlight's own. */
    readonly seal: Seal;
  };
}

/** Builds the record of a listing-image event for a lane, with its CloudEvents headers. */
export async function listingImageMessage(event: ListingImage, options: ListingImageOptions): Promise<OutgoingMessage> {
  const topic = topics.listingImages(options.lane);
  const record = {
    topic,
    key: Buffer.from(event.listingId),
    value: await options.codec.encode('listing-image', topic, {
      ...event,
      content: event.content && Buffer.from(event.content),
    }),
    headers: {
      ...eventHeaders({ id: listingImageId(event), type: eventTypes.listingImage, ...options }),
      ...(options.deadline === undefined ? {} : { [headers.deadline]: String(options.deadline) }),
      ...(options.client === undefined ? {} : { [headers.client]: options.client }),
      ...(options.job === undefined ? {} : headersOfJob(options.job)),
    },
  };
  return options.job === undefined ? record : sealedFor(topic, record, options.job.seal);
}

function headersOfJob({
  id,
  item,
  reference,
  callback,
}: NonNullable<ListingImageOptions['job']>): Record<string, string> {
  return {
    [headers.job]: id,
    [headers.jobItem]: String(item),
    ...(reference === null ? {} : { [headers.reference]: reference }),
    ...(callback === null ? {} : { [headers.callback]: callback }),
  };
}
