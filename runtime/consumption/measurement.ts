import type { Middleware } from '../records/message.js';
import type { WorkerServices } from '../services.js';
import type { RecordConsumption } from './consumption.js';

/**
 * Counts records, and measures their time in the queue and in the stage. It sees every outcome, and not the time of
 * publishing.
 */
export function measure({ stage, laneOf }: RecordConsumption, { metrics, clock }: WorkerServices): Middleware {
  return (next) =>
    async function measured(message, context) {
      const labels = { stage, lane: laneOf(message) };
      const startedAt = clock.now();
      metrics.recordsIn.inc(labels);
      metrics.recordsInFlight.inc(labels);
      metrics.queueTime.observe(labels, Math.max(0, startedAt - message.timestamp) / 1_000);
      try {
        return await next(message, context);
      } finally {
        metrics.recordsInFlight.dec(labels);
        metrics.stageDuration.observe(labels, (clock.now() - startedAt) / 1_000);
      }
    };
}
