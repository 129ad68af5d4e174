import type { Clock } from '../../primitives/clock.js';
import type { ImageTags, ListingImage } from '../../schemas/events.js';
import type { TagRequestOptions, Tagger } from '../../runtime/replies/request-reply.js';
import { ClientGoneError } from '../../http/requests/client-gone.js';
import { withDeadline } from '../../http/requests/deadline.js';

/** One image of a request. */
export interface RequestedImage {
  /** The URL that the client sent; null for an upload. */
  readonly image: string | null;
  readonly imageId: string;
  readonly listingId: string;
  /** Images with the same key are the same work. */
  readonly key: string;
  /** Creates the event. Runs within the deadline, because it may store the image. */
  event(): Promise<ListingImage> | ListingImage;
}

export type ImageOutcome = { readonly tags: ImageTags } | { readonly thrown: unknown };

export interface TagImagesOptions extends Pick<TagRequestOptions, 'traceparent'> {
  readonly tagger: Tagger;
  readonly clock: Clock;
  /** Time until the deadline of all images (ms). */
  readonly deadlineMs: number;
  /** Name of the client. */
  readonly from?: string;
  /** The job that also has the images. Its items are the distinct images, in the order of the request. */
  readonly job?: { readonly id: string; onSent(item: number): void };
  /** Signal of the client's connection. */
  readonly client: AbortSignal;
  /** Throws when the requested models did not create the tags. */
  check(tags: ImageTags): void;
}

/**
 * Requests the tags of all images at once, and waits until each image has an outcome or the deadline has passed. The
 * outcomes are in the order of the images. Rejects only with `ClientGoneError`.
 */
export function tagImages(
  requested: readonly RequestedImage[],
  options: TagImagesOptions,
): Promise<readonly ImageOutcome[]> {
  const outcomes = new Map<string, Promise<ImageOutcome>>();
  for (const image of requested)
    if (!outcomes.has(image.key)) outcomes.set(image.key, tagImage(image, outcomes.size, options));
  return Promise.all(requested.flatMap(({ key }) => outcomes.get(key) ?? []));
}

async function tagImage(
  image: RequestedImage,
  item: number,
  { tagger, traceparent, from, job, clock, deadlineMs, client, check }: TagImagesOptions,
): Promise<ImageOutcome> {
  // Each image has its own signal, because Node warns of a leak when a signal has more than ten listeners.
  const limits = { clock, deadlineMs, client: AbortSignal.any([client]) };
  try {
    const named = {
      ...(from === undefined ? {} : { client: from }),
      ...(job === undefined ? {} : { job: { id: job.id, item, onSent: () => job.onSent(item) } }),
    };
    // The image of a job is stored outside the deadline, because the job needs it after the client stops waiting.
    const stored = job === undefined ? undefined : await image.event();
    const tags = await withDeadline(limits, async (deadline, signal) =>
      tagger.tag(stored ?? (await image.event()), { deadline, traceparent, signal, ...named }),
    );
    check(tags);
    return { tags };
  } catch (thrown) {
    if (thrown instanceof ClientGoneError) throw thrown;
    return { thrown };
  }
}
