import type { ImageStore } from '../../processors/ports.js';
import type { ImageTask, Value, ValuePart } from '../../schemas/events.js';
import { FanlightError } from '../../schemas/failure.js';
import { sha256Hex } from '../../schemas/ids.js';
import type { Task } from './task.js';
import { joinValue, splitValue } from './value-codec.js';

/**
 * Converts a task to an `image-task` record. Its parts travel in the record if their total is at most `inlineLimit`
 * bytes, otherwise as claim checks.
 */
export async function taskToRecord(task: Task, images: ImageStore, inlineLimit: number): Promise<ImageTask> {
  const split = [...task.values].map(([name, value]) => ({ name, ...splitValue(value) }));
  const total = split.reduce((sum, { parts }) => parts.reduce((bytes, part) => bytes + part.byteLength, sum), 0);
  const toPart = async (part: Uint8Array): Promise<ValuePart> =>
    total <= inlineLimit ? inline(part) : claim(part, images);
  const values: Record<string, Value> = {};
  for (const { name, json, parts } of split) values[name] = { json, parts: await Promise.all(parts.map(toPart)) };
  const { listingId, imageId, url, attributes } = task.event;
  return {
    listingId,
    imageId,
    url,
    attributes,
    pipeline: task.pipeline,
    eventTime: task.eventTime,
    content: task.content,
    cached: task.cached,
    models: task.models,
    values,
    timings: task.timings,
  };
}

export async function recordToTask(record: ImageTask, images: ImageStore): Promise<Task> {
  const { listingId, imageId, url, attributes, pipeline, eventTime, content, cached, models, timings } = record;
  const values = new Map<string, unknown>();
  for (const [name, { json, parts }] of Object.entries(record.values)) {
    values.set(name, joinValue({ json, parts: await Promise.all(parts.map((part) => redeem(part, images))) }));
  }
  return {
    event: { listingId, imageId, url, attributes, pipeline, content: null },
    pipeline,
    eventTime,
    content,
    cached,
    models,
    values,
    timings,
  };
}

// avsc accepts only Buffers.
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function inline(part: Uint8Array): ValuePart {
  return { inline: asBuffer(part), claim: null };
}

async function claim(part: Uint8Array, images: ImageStore): Promise<ValuePart> {
  const key = sha256Hex(part);
  await images.put(key, part);
  return { inline: null, claim: key };
}

async function redeem(part: ValuePart, images: ImageStore): Promise<Uint8Array> {
  if (part.inline) return part.inline;
  const bytes = part.claim === null ? null : await images.get(part.claim);
  if (bytes) return bytes;
  throw new FanlightError({
    code: 'claim-missing',
    message: `The image store holds nothing under the claim check ${part.claim ?? '(none)'}.`,
    remedy: 'Keep objects of the image store at least as long as the topics; then replay the original event.',
  });
}
