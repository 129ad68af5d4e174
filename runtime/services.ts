import type { Kafka } from './kafka/client/client.js';
import type { Logger } from 'pino';
import type { Clock } from '../primitives/clock.js';
import type { RandomHex } from '../primitives/trace-context.js';
import type { Codec } from './records/codec.js';
import type { Metrics } from './metrics.js';
import type { Seal } from './records/seal.js';
import type { Publisher } from './kafka/client/producer.js';

/** How consumers make outputs and offsets durable (docs/delivery.md). */
export const deliveryModes = ['at-least-once', 'transactions'] as const;
export type DeliveryMode = (typeof deliveryModes)[number];

/** Services that all consumers of a worker process share. */
export interface WorkerServices {
  readonly kafka: Kafka;
  readonly publisher: Publisher;
  /** Default: `at-least-once`. */
  readonly delivery?: DeliveryMode;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly seal: Seal;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Returns 0..1. */
  readonly random: () => number;
  readonly randomHex: RandomHex;
  /** Receives a failure that stops the worker. */
  readonly onFatal: (error: unknown) => void;
}
