import type { StageTiming } from '../../schemas/events.js';
import type { ImageOutcome } from '../requests/image-tagging.js';

/**
 * A value such as `fetch;dur=12.3, fetch-queue;dur=0.4, …, total;dur=31` (W3C Server Timing; names are RFC 9110
 * tokens). It has the work and waiting time (ms) of each stage, then the total time that the gateway measured.
 */
export function serverTiming(timings: Readonly<Record<string, StageTiming>>, totalMs: number): string {
  const stages = Object.entries(timings).flatMap(([stage, { queueMs, durationMs }]) => {
    const name = stage.replace(/[^A-Za-z0-9_-]/g, '_');
    return [metric(name, durationMs), metric(`${name}-queue`, queueMs)];
  });
  return [...stages, metric('total', totalMs)].join(', ');
}

/** The timings of the image that took longest, waiting included; empty when no image was tagged. */
export function slowest(outcomes: readonly ImageOutcome[]): Readonly<Record<string, StageTiming>> {
  const timings = outcomes.flatMap((outcome) => ('tags' in outcome ? [outcome.tags.timings] : []));
  const [longest = {}] = timings.sort((a, b) => sumOf(b) - sumOf(a));
  return longest;
}

function sumOf(timings: Readonly<Record<string, StageTiming>>): number {
  return Object.values(timings).reduce((sum, { queueMs, durationMs }) => sum + queueMs + durationMs, 0);
}

function metric(name: string, ms: number): string {
  return `${name};dur=${Math.round(ms * 10) / 10}`;
}
