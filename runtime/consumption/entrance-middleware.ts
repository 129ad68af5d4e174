import type { Lane } from '../../topology/lanes.js';
import { eventEntrance } from '../records/event-entrance.js';
import { coordinates, type Middleware } from '../records/message.js';
import type { WorkerServices } from '../services.js';

/** Checks what producers say about their events, and counts and logs each correction. */
export function checkEntrance(
  { name: lane, retentionMs }: Pick<Lane, 'name' | 'retentionMs'>,
  { clock, seal, metrics, logger }: WorkerServices,
): Middleware {
  return eventEntrance({
    retentionMs,
    seal,
    clock,
    onClamped(message, eventTime) {
      metrics.eventTimesClamped.inc({ lane });
      const line = { lane, record: coordinates(message), timestamp: message.timestamp, event_time: eventTime };
      logger.debug(line, 'the time of the event is impossible and was replaced');
    },
    onDropped(message, header) {
      metrics.headersDropped.inc({ lane, header });
      logger.debug({ lane, record: coordinates(message), header }, 'the producer may not set the header');
    },
  });
}
