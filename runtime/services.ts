import type { Kafka } from './kafka/client/client.js';
import type { Logger } from 'pino';
import type { Clock } from '../primitives/clock.js';
import type { RandomHex } from '../primitives/trace-context.js';
import type { Codec } from './records/codec.js';
import type { Metrics } from './metrics.js';
import type { Publisher } from './kafka/client/producer.js';

/** What every consumer of a worker process shares. */
export interface WorkerServices {
  readonly kafka: Kafka;
  readonly publisher: Publisher;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** 0..1 */
  readonly random: () => number;
  readonly randomHex: RandomHex;
  /** Called once with what stops the worker for good. */
  readonly onFatal: (error: unknown) => void;
}
