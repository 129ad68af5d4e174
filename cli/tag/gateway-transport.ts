import { defaultLimits } from '../../gateway/limits.js';
import { severalAnswerSchema } from '../../gateway/routes/several-answer.js';
import { tagAnswerSchema, type TagAnswer } from '../../gateway/routes/tag-answer.js';
import type { Clock } from '../../primitives/clock.js';
import type { ListingImage } from '../../schemas/events.js';
import { listingImageId } from '../../schemas/ids.js';
import { askGateway, type GatewayAnswer, type GatewayClientOptions } from './gateway-request.js';
import type { PhotoOutcome, TagTransport } from './tag-transport.js';
import { readPhoto } from './photo-upload.js';

export interface GatewayTransportOptions extends GatewayClientOptions {
  /** Null: the gateway's default pipeline. */
  readonly pipeline: string | null;
}

/** How long a URL waits for others to join its request (ms). */
const gatherMs = 20;

/** Sends files as bodies and URLs in groups through a gateway, whose lane is `realtime`. */
export function gatewayTransport(options: GatewayTransportOptions): TagTransport {
  const { pipeline } = options;
  let report: (origin: string, outcome: PhotoOutcome) => void = () => undefined;
  const gather = createGathering(options.clock, askForGroup);
  const common = { deadlineMs: defaultLimits.maxDeadlineMs, ...(pipeline === null ? {} : { pipeline }) };

  async function askForFile(event: ListingImage, content: Uint8Array): Promise<void> {
    const query = new URLSearchParams({
      imageId: event.imageId,
      listingId: event.listingId,
      ...common,
      deadlineMs: String(common.deadlineMs),
    });
    const answer = await askGateway(
      { path: `v1/tags?${query}`, type: 'application/octet-stream', body: content },
      options,
    );
    report(
      listingImageId(event),
      'problem' in answer ? failed(answer.problem) : taggedBy(tagAnswerSchema.parse(answer.document)),
    );
  }

  async function askForGroup(events: readonly ListingImage[]): Promise<void> {
    const images = events.map(({ url, imageId, listingId }) => ({ url, imageId, listingId }));
    const answer = await askGateway(
      { path: 'v1/tags', type: 'application/json', body: JSON.stringify({ images, ...common }) },
      options,
    );
    if ('problem' in answer) {
      // The gateway refuses a whole group for one invalid URL. Each URL is then sent alone, so that only one fails.
      if (answer.problem.code === 'invalid-request' && events.length > 1)
        return void (await Promise.all(events.map((event) => askForGroup([event]))));
      for (const event of events) report(listingImageId(event), failed(answer.problem));
      return;
    }
    const { images: answers } = severalAnswerSchema.parse(answer.document);
    for (const [index, event] of events.entries()) {
      const each = answers[index];
      if (each !== undefined) report(listingImageId(event), 'problem' in each ? failed(each.problem) : taggedBy(each));
    }
  }

  return {
    async eventOf({ listingId, imageId, image, source }) {
      const place =
        source.kind === 'url'
          ? { url: source.url, content: null }
          : { url: null, content: await readPhoto(image, source.path) };
      return { listingId, imageId, ...place, pipeline, attributes: {} };
    },
    send: (event) => (event.content === null ? gather(event) : askForFile(event, event.content)),
    follow(onOutcome) {
      report = onOutcome;
      return Promise.resolve({ close: () => Promise.resolve() });
    },
  };
}

/** Gathers events that come within `gatherMs` into groups of at most one request; each caller waits for its group. */
function createGathering(
  clock: Clock,
  handOn: (events: readonly ListingImage[]) => Promise<void>,
): (event: ListingImage) => Promise<void> {
  let gathered: { readonly events: ListingImage[]; readonly done: Promise<void>; leave(): void } | undefined;

  function begin() {
    const events: ListingImage[] = [];
    let leave: () => void = () => undefined;
    const done = new Promise<void>((resolve, reject) => {
      leave = () => {
        cancel();
        gathered = undefined;
        handOn(events).then(resolve, reject);
      };
    });
    const cancel = clock.schedule(gatherMs, leave);
    return { events, done, leave };
  }

  return async function gather(event) {
    const group = (gathered ??= begin());
    group.events.push(event);
    if (group.events.length === defaultLimits.images) group.leave();
    await group.done;
  };
}

function taggedBy(answer: TagAnswer): PhotoOutcome {
  return { kind: 'tagged', tags: { ...answer, tags: answer.tags.map((tag) => ({ ...tag, box: tag.box ?? null })) } };
}

function failed({ code, detail, remedy }: Extract<GatewayAnswer, { problem: unknown }>['problem']): PhotoOutcome {
  return { kind: 'failed', error: { code, message: detail, remedy } };
}
