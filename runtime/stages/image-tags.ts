import type { Tagged } from '../../processors/merge-tags.js';
import type { ImageTags } from '../../schemas/events.js';
import { isExact } from '../../schemas/models/reference.js';
import type { PlacedPipeline } from '../../topology/placed-pipeline.js';
import type { Task } from './task.js';

/** Builds the tag result of a task whose pipeline has finished. */
export function toImageTags(task: Task, pipeline: PlacedPipeline, taggedAt: number): ImageTags {
  const { facts, roomType, tags } = task.values.get(pipeline.result) as Tagged;
  const { listingId, imageId, url, attributes } = task.event;
  return {
    listingId,
    imageId,
    url,
    pipeline: pipeline.id,
    contentSha256: facts.sha256,
    format: facts.format,
    width: facts.width,
    height: facts.height,
    roomType,
    tags,
    models: [...new Set([...pipeline.models.filter(isExact), ...task.models])].sort(),
    cached: cachedModels(pipeline, task),
    timings: task.timings,
    eventTime: task.eventTime,
    taggedAt,
    attributes,
  };
}

/** Models whose outputs came from the cache. */
function cachedModels({ nodes }: PlacedPipeline, { cached }: Task): string[] {
  const models = nodes.filter(({ name }) => cached?.includes(name)).flatMap(({ operation }) => operation.models ?? []);
  return [...new Set(models)].sort();
}
