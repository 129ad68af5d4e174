import type { ImageStore } from '../../processors/ports.js';
import { followOutcomes } from '../../runtime/kafka/outcomes.js';
import { publishUntilAcknowledged } from '../../runtime/kafka/publish-until-acknowledged.js';
import type { WorkerServices } from '../../runtime/kafka/services.js';
import { listingImageMessage } from '../../runtime/outcome.js';
import { continueTrace } from '../../primitives/trace-context.js';
import type { LaneName } from '../../schemas/lanes.js';
import type { PhotoInput } from './photo-inputs.js';
import { runTagging, type PhotoResult, type TagSummary } from './tag-run.js';
import { uploadPhoto } from './upload-photo.js';

export interface TagPhotosOptions {
  readonly services: WorkerServices;
  readonly images: Pick<ImageStore, 'put' | 'urlOf'>;
  /** From `expandInputs`. */
  readonly inputs: AsyncIterable<PhotoInput> | Iterable<PhotoInput>;
  readonly lane: LaneName;
  /** Null: the deployment's default. */
  readonly pipeline?: string | null;
  /** Photos read, uploaded and sent at the same time; each is in memory meanwhile. Default 8. */
  readonly concurrency?: number;
  /** See `TagRunOptions`. Default 300,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onResult: (result: PhotoResult) => void;
  readonly onProgress?: (found: number, done: number) => void;
}

/** Tags photos through the deployment: uploads files, produces events, waits for how each ends. */
export function tagPhotos(options: TagPhotosOptions): Promise<TagSummary> {
  const { services, images, lane, signal = new AbortController().signal } = options;
  const { kafka, publisher, codec, clock, logger, random, randomHex } = services;
  return runTagging({
    inputs: options.inputs,
    pipeline: options.pipeline ?? null,
    concurrency: options.concurrency ?? 8,
    timeoutMs: options.timeoutMs ?? 300_000,
    clock,
    signal,
    urlOf: (input) => uploadPhoto(input, images),
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
    follow: (onOutcome) => followOutcomes({ kafka, codec, lanes: [lane], name: 'tag', logger, onOutcome }),
    onResult: options.onResult,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  });
}
