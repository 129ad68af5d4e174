import type { JobQueue } from './job-queue.js';
import type { Clock } from '../../primitives/clock.js';
import { jobMessage } from '../messages.js';
import type { Codec } from '../../runtime/records/codec.js';
import { listingImageMessage } from '../../runtime/records/listing-image.js';
import type { Seal } from '../../runtime/records/seal.js';
import type { Cancellations } from '../cancellations.js';
import type { Publisher } from '../../runtime/kafka/client/producer.js';

export interface JobQueueOptions {
  readonly publisher: Publisher;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly seal: Seal;
  readonly cancellations: Pick<Cancellations, 'has'>;
}

export function createJobQueue({ publisher, codec, clock, seal, cancellations }: JobQueueOptions): JobQueue {
  return {
    async announce(job) {
      await publisher.publish([await jobMessage(job, codec)]);
    },
    async send({ id, client, callback, lane }, images, traceparent) {
      const messages = images.map(({ event, item, reference }) =>
        listingImageMessage(event, {
          lane,
          codec,
          now: clock.now(),
          source: '/fanlight/gateway',
          traceparent,
          ...(client === null ? {} : { client }),
          job: { id, item, reference, callback, seal },
        }),
      );
      await publisher.publish(await Promise.all(messages));
    },
    isCancelled: (id) => cancellations.has(id),
  };
}
