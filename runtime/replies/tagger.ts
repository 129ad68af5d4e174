import type { Kafka } from '../kafka/client/client.js';
import type { Logger } from 'pino';
import type { ImageOfJob } from './request-reply.js';
import type { Clock } from '../../primitives/clock.js';
import type { ImageTags, ListingImage } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { listingImageId } from '../../schemas/ids.js';
import type { Metrics } from '../metrics.js';
import type { Codec } from '../records/codec.js';
import { listingImageMessage } from '../records/listing-image.js';
import type { Seal } from '../records/seal.js';
import type { Outcome } from '../records/outcome.js';
import { followOutcomes } from './outcomes.js';
import type { Publisher } from '../kafka/client/producer.js';
import { Replies } from './replies.js';

export interface TagRequest {
  /** Epoch milliseconds. */
  readonly deadline: number;
  readonly traceparent: string;
  readonly client?: string;
  /** Job to which the image also belongs. Workers then tag it even after its caller has stopped waiting. */
  readonly job?: ImageOfJob;
  readonly signal: AbortSignal;
}

/** Time for which images of a job are still tagged after the caller's deadline (ms). */
const jobPatienceMs = 3_600_000;

/** Request/reply over the realtime topics. */
export async function createTagger(options: {
  readonly kafka: Kafka;
  readonly publisher: Publisher;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly seal: Seal;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Observer of every outcome in the lane, including those of other gateways. */
  readonly onOutcome?: (outcome: Outcome) => void;
}) {
  const { publisher, codec, clock, seal } = options;
  const replies = new Replies<ImageTags>(clock);
  const stream = await followOutcomes({
    ...options,
    lanes: ['realtime'],
    name: 'gateway',
    onOutcome(origin, outcome) {
      options.onOutcome?.(outcome);
      if (outcome.kind === 'tagged') replies.resolve(origin, outcome.tags);
      else replies.reject(origin, outcome.error);
    },
  });

  async function tag(event: ListingImage, request: TagRequest): Promise<ImageTags> {
    if (request.job === undefined) request.signal.throwIfAborted();
    const { job, ...asked } = request;
    const message = await listingImageMessage(event, {
      ...asked,
      lane: 'realtime',
      codec,
      now: clock.now(),
      source: '/fanlight/gateway',
      ...(job === undefined
        ? {}
        : {
            deadline: request.deadline + jobPatienceMs,
            job: { id: job.id, item: job.item, reference: null, callback: null, seal },
          }),
    });
    const reply = replies.wait(listingImageId(event), { ...request, expired });
    publisher.publish([message]).then(job?.onSent, reply.fail);
    return reply.promise;
  }

  return { ready: () => stream.ready, tag, close: () => stream.close() };
}

function expired(): FanlightError {
  return new FanlightError({
    code: 'deadline-exceeded',
    message: 'The tags were not ready within the deadline.',
    remedy: 'Allow more time, or send the image to the bulk lane and subscribe to its result.',
  });
}
