import type { Clock } from '../../primitives/clock.js';
import type { Middleware } from '../records/message.js';
import type { Metrics } from '../metrics.js';

/** Counts records and measures their time in the queue and in the stage. Outermost, so that it sees every outcome. */
export function measure(
  metrics: Metrics,
  plan: { readonly stage: string; readonly lane: { readonly name: string } },
  clock: Clock,
): Middleware {
  const labels = { stage: plan.stage, lane: plan.lane.name };
  return (next) =>
    async function measured(message, context) {
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
