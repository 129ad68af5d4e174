import type { Clock } from '../../primitives/clock.js';
import type { ImageTags, ListingImage } from '../../schemas/events.js';
import type { TagRequestOptions, Tagger } from '../ports.js';
import { ClientGoneError } from '../../http/requests/client-gone.js';
import { withDeadline } from '../../http/requests/deadline.js';

/** One image of a request. */
export interface ImageOrder {
  /** As the client named it: its URL, or null for an upload. */
  readonly image: string | null;
  readonly imageId: string;
  readonly listingId: string;
  /** Orders of the same key are the same work. */
  readonly key: string;
  /** Runs within the deadline: it may have to store the image. */
  event(): Promise<ListingImage> | ListingImage;
}

export type ImageOutcome = { readonly tags: ImageTags } | { readonly thrown: unknown };

export interface TagImagesOptions extends Pick<TagRequestOptions, 'traceparent'> {
  readonly tagger: Tagger;
  readonly clock: Clock;
  /** Milliseconds, for all together. */
  readonly deadlineMs: number;
  /** Name of who asks. */
  readonly from?: string;
  /** The job that has the images as well: its items are the different ones, in the order of the orders. */
  readonly job?: { readonly id: string; onSent(item: number): void };
  /** Of the client's connection. */
  readonly client: AbortSignal;
  /** Throws when the tags are not those that were asked for. */
  check(tags: ImageTags): void;
}

/**
 * Asks for all at once, and waits until each has ended or the deadline has passed. The outcomes are in the order of the
 * orders.
 * Throws `ClientGoneError` only.
 */
export function tagImages(orders: readonly ImageOrder[], options: TagImagesOptions): Promise<readonly ImageOutcome[]> {
  const asked = new Map<string, Promise<ImageOutcome>>();
  for (const order of orders) if (!asked.has(order.key)) asked.set(order.key, tagImage(order, asked.size, options));
  return Promise.all(orders.flatMap(({ key }) => asked.get(key) ?? []));
}

async function tagImage(
  order: ImageOrder,
  item: number,
  { tagger, traceparent, from, job, clock, deadlineMs, client, check }: TagImagesOptions,
): Promise<ImageOutcome> {
  // A signal for each: Node warns of a leak when more than ten listen to one.
  const limits = { clock, deadlineMs, client: AbortSignal.any([client]) };
  try {
    const named = {
      ...(from === undefined ? {} : { client: from }),
      ...(job === undefined ? {} : { job: { id: job.id, item, onSent: () => job.onSent(item) } }),
    };
    // A job has the image whole before anybody stops waiting.
    const stored = job === undefined ? undefined : await order.event();
    const tags = await withDeadline(limits, async (deadline, signal) =>
      tagger.tag(stored ?? (await order.event()), { deadline, traceparent, signal, ...named }),
    );
    check(tags);
    return { tags };
  } catch (thrown) {
    if (thrown instanceof ClientGoneError) throw thrown;
    return { thrown };
  }
}
