import { continueTrace } from '../../primitives/trace-context.js';
import type { ImageStore } from '../../processors/ports.js';
import { followOutcomes } from '../../runtime/replies/outcomes.js';
import { publishUntilAcknowledged } from '../../runtime/kafka/client/acknowledged-publishing.js';
import type { WorkerServices } from '../../runtime/services.js';
import { listingImageMessage } from '../../runtime/records/listing-image.js';
import type { LaneName } from '../../schemas/lanes.js';
import type { TagTransport } from './tag-transport.js';
import { uploadPhoto } from './photo-upload.js';

export interface KafkaTransportOptions {
  readonly services: WorkerServices;
  readonly images: Pick<ImageStore, 'put' | 'urlOf'>;
  readonly lane: LaneName;
  /** Null: the deployment's default pipeline. */
  readonly pipeline: string | null;
  readonly signal: AbortSignal;
}

/** Uploads files to the image store, produces events, and follows the results and dead letters of the lane. */
export function kafkaTransport({ services, images, lane, pipeline, signal }: KafkaTransportOptions): TagTransport {
  const { kafka, publisher, codec, clock, logger, metrics, random, randomHex } = services;
  return {
    async eventOf(input) {
      const { listingId, imageId } = input;
      return { listingId, imageId, url: await uploadPhoto(input, images), content: null, pipeline, attributes: {} };
    },
    async send(event) {
      const message = await listingImageMessage(event, {
        lane,
        codec,
        now: clock.now(),
        source: '/fanlight/cli',
        traceparent: continueTrace(undefined, randomHex).traceparent,
        client: 'cli',
      });
      await publishUntilAcknowledged(publisher, [message], { signal, clock, logger, random });
    },
    follow: (onOutcome) =>
      followOutcomes({ kafka, codec, lanes: [lane], name: 'tag', clock, logger, metrics, onOutcome }),
  };
}
