import type { Box, ImageTags, RoomType, StageTiming } from '../../schemas/events.js';

/** The body of a synchronous answer. */
export interface TagAnswer {
  /** The URL as given; null for an uploaded image. */
  readonly image: string | null;
  readonly imageId: string;
  readonly listingId: string;
  readonly pipeline: string;
  readonly roomType: RoomType | null;
  readonly tags: readonly { readonly name: string; readonly score: number; readonly model: string; readonly box?: Box; readonly text?: string }[];
  /** Exact versions. */
  readonly models: readonly string[];
  /** Those among the models whose outputs were kept from an earlier task on the same file. */
  readonly cached: readonly string[];
  /** By stage. */
  readonly timings: Readonly<Record<string, StageTiming>>;
  /** Pixels, upright. */
  readonly width: number;
  /** Pixels, upright. */
  readonly height: number;
  /** Lower-case hex. */
  readonly contentSha256: string;
}

/** @param image what the client gave; the result's own URL may be a claim in the image store */
export function tagAnswer(result: ImageTags, image: string | null): TagAnswer {
  return {
    image,
    imageId: result.imageId,
    listingId: result.listingId,
    pipeline: result.pipeline,
    roomType: result.roomType,
    tags: result.tags.map(({ name, score, model, box, text }) => ({ name, score, model, ...(box ? { box } : {}), ...(text ? { text } : {}) })),
    models: result.models,
    cached: result.cached,
    timings: result.timings,
    width: result.width,
    height: result.height,
    contentSha256: result.contentSha256,
  };
}

/**
 * `fetch;dur=12.3, fetch-queue;dur=0.4, …, total;dur=31`: milliseconds of work and of waiting by stage, then all of it
 * as the gateway saw it (W3C Server Timing; names are RFC 9110 tokens).
 */
export function serverTiming(timings: TagAnswer['timings'], totalMs: number): string {
  const stages = Object.entries(timings).flatMap(([stage, { queueMs, durationMs }]) => {
    const name = stage.replace(/[^A-Za-z0-9_-]/g, '_');
    return [metric(name, durationMs), metric(`${name}-queue`, queueMs)];
  });
  return [...stages, metric('total', totalMs)].join(', ');
}

function metric(name: string, ms: number): string {
  return `${name};dur=${Math.round(ms * 10) / 10}`;
}
