import type { Kafka } from 'kafkajs';
import type { Logger } from 'pino';
import type { Clock } from '../../primitives/clock.js';
import type { ImageTags, ListingImage } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { listingImageId } from '../../schemas/ids.js';
import type { Codec } from '../codec.js';
import { listingImageMessage, type Outcome } from '../outcome.js';
import { followOutcomes } from './outcomes.js';
import type { Publisher } from './producer.js';

export interface TagRequest {
  /** Epoch milliseconds. */
  readonly deadline: number;
  readonly traceparent: string;
  readonly client?: string;
  readonly signal: AbortSignal;
}

/** Request/reply over the realtime topics. */
export async function createTagger(options: {
  readonly kafka: Kafka;
  readonly publisher: Publisher;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told how every event of the lane ends, whoever asked. */
  readonly onOutcome?: (outcome: Outcome) => void;
}) {
  const { publisher, codec, clock } = options;
  const waiting = new Map<string, Set<(outcome: Outcome) => void>>();
  const stream = await followOutcomes({
    ...options,
    lanes: ['realtime'],
    name: 'gateway',
    onOutcome(origin, outcome) {
      options.onOutcome?.(outcome);
      for (const settle of waiting.get(origin) ?? []) settle(outcome);
    },
  });

  async function tag(event: ListingImage, request: TagRequest): Promise<ImageTags> {
    const { deadline, signal } = request;
    signal.throwIfAborted();
    const message = await listingImageMessage(event, { lane: 'realtime', codec, now: clock.now(), source: '/fanlight/gateway', ...request });
    const reply = awaitReply(listingImageId(event), deadline, signal);
    publisher.publish([message]).catch(reply.fail);
    return reply.promise;
  }

  function awaitReply(origin: string, deadline: number, signal: AbortSignal) {
    const others = waiting.get(origin) ?? new Set();
    waiting.set(origin, others);
    let fail: (error: unknown) => void = () => undefined;
    const promise = new Promise<ImageTags>((resolve, reject) => {
      const finish = () => {
        cancel();
        signal.removeEventListener('abort', onAbort);
        others.delete(settle);
        if (others.size === 0 && waiting.get(origin) === others) waiting.delete(origin);
      };
      const settle = (outcome: Outcome) => {
        finish();
        if (outcome.kind === 'tagged') resolve(outcome.tags);
        else reject(outcome.error);
      };
      fail = (error) => {
        finish();
        reject(error);
      };
      const onAbort = () => fail(signal.reason);
      const cancel = clock.schedule(Math.max(0, deadline - clock.now()), () => fail(expired()));
      others.add(settle);
      signal.addEventListener('abort', onAbort, { once: true });
    });
    return { promise, fail };
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
