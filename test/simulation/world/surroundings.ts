import type { ImageTags } from '../../../schemas/events.js';
import type { Sink } from '../../../sinks/sink.js';
import type { Scheduler } from '../engine/scheduler.js';
import type { KafkaServer } from '../kafka/server.js';
import type { PhotoHost } from './photo-host.js';
import type { Settings } from './settings.js';
import type { SimImages } from './topology.js';

/** The world, as a machine sees it. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly settings: Settings;
  readonly kafka: KafkaServer;
  readonly host: PhotoHost;
  readonly images: SimImages;
  /** Undefined: the log of the workers is dropped. */
  readonly log: ((line: string) => void) | undefined;
  readonly createSink: () => Sink<ImageTags>;
  /** A worker has stopped itself. */
  onFailure(name: string, error: unknown): void;
}
