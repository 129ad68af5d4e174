import type { Codec } from '../../runtime/records/codec.js';
import type { Message } from '../../runtime/records/message.js';
import { topics, type SchemaName } from '../../schemas/topics.js';

/** Returns the schema of the values on a topic. */
export function schemaOfTopic(topic: string): SchemaName {
  if (topic === topics.callbacks) return 'job-progress';
  if (topic.startsWith('listing-images.')) return 'listing-image';
  if (topic.startsWith('model-inputs.')) return 'model-input';
  return topic.startsWith('image-tags.') ? 'image-tags' : 'image-task';
}

/** Decodes the payload of a dead letter. Returns the reason as text if that fails, as for a malformed record. */
export async function readPayload(message: Message, from: string | null, codec: Codec): Promise<unknown> {
  try {
    return await codec.decode(schemaOfTopic(from ?? ''), message.value);
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}

/** Returns the ids of the photo that a payload is about; null if the payload names none. */
export function photoOf(payload: unknown): { readonly listingId: string; readonly imageId: string } | null {
  if (typeof payload !== 'object' || payload === null || !('listingId' in payload) || !('imageId' in payload))
    return null;
  return { listingId: String(payload.listingId), imageId: String(payload.imageId) };
}

/** For JSON: replaces byte arrays by their length. */
export function withoutBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return value.map(withoutBytes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutBytes(inner)]));
}
