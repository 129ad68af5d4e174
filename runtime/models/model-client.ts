import type { Kafka } from '../kafka/client/client.js';
import type { Logger } from 'pino';
import type { Clock } from '../../primitives/clock.js';
import type { RandomHex } from '../../primitives/trace-context.js';
import { FanlightError } from '../../schemas/failure.js';
import type { ModelInput, ModelOutput } from '../../schemas/models/requests.js';
import { topics } from '../../schemas/topics.js';
import type { ModelQueue } from '../../topology/model-queue.js';
import type { Codec } from '../records/codec.js';
import type { Metrics } from '../metrics.js';
import { modelInputMessage, readModelOutcome, type ModelOutcome } from './model-request.js';
import { followTopics } from '../kafka/read/topic-follower.js';
import type { Publisher } from '../kafka/client/producer.js';
import { Replies } from '../replies/replies.js';
import type { TagRequest } from '../replies/tagger.js';

/** Sends requests to the model queue and waits for their replies. */
export async function createModelClient(options: {
  readonly queue: ModelQueue;
  readonly kafka: Kafka;
  readonly publisher: Publisher;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly randomHex: RandomHex;
  /** Called with the outcome of every request, including requests of other gateways. */
  readonly onOutcome?: (outcome: ModelOutcome) => void;
}) {
  const { queue, publisher, codec, clock, logger, randomHex } = options;
  const replies = new Replies<ModelOutput>(clock);
  const stream = await followTopics({
    kafka: options.kafka,
    topics: [queue.output, topics.deadLetters(queue.lane.name)],
    from: 'end',
    name: 'gateway-models',
    clock,
    logger,
    metrics: options.metrics,
    async onMessage(message) {
      try {
        const read = await readModelOutcome(message, codec);
        if (read === undefined) return;
        const { origin, outcome } = read;
        options.onOutcome?.(outcome);
        if ('error' in outcome) replies.reject(origin, outcome.error);
        else replies.resolve(origin, outcome.output);
      } catch (error) {
        const { topic, partition, offset } = message;
        logger.warn(
          { topic, partition, offset: String(offset), error: (error as Error).message },
          'an answer of a model could not be read',
        );
      }
    },
  });

  async function infer(input: ModelInput, request: TagRequest): Promise<ModelOutput> {
    request.signal.throwIfAborted();
    // A random id: model requests have no name, so equal requests are not repeats.
    const id = randomHex(32);
    const message = await modelInputMessage(input, {
      queue,
      codec,
      id,
      now: clock.now(),
      source: '/fanlight/gateway',
      ...request,
    });
    const reply = replies.wait(id, { ...request, expired });
    publisher.publish([message]).catch(reply.fail);
    return reply.promise;
  }

  return { ready: () => stream.ready, infer, close: () => stream.close() };
}

function expired(): FanlightError {
  return new FanlightError({
    code: 'deadline-exceeded',
    message: 'The model did not answer within the deadline.',
    remedy: 'Allow more time.',
  });
}
