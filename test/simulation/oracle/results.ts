import type { ImageTags } from '../../../schemas/events.js';
import { headers } from '../../../schemas/headers.js';
import { readerType } from '../../../runtime/records/avro.js';
import { topics } from '../../../schemas/topics.js';
import type { TagRecord } from '../../../sinks/sink.js';
import type { StoredRecord } from '../kafka/log.js';
import { laneName } from '../world/topology.js';

export interface Result {
  readonly id: string;
  readonly value: ImageTags;
  readonly partition: number;
  readonly offset: number;
}

const known = new WeakMap<StoredRecord, Result>();

/** Decodes a record of a topic of results. */
export function resultOf(record: StoredRecord): Result {
  const found = known.get(record);
  if (found) return found;
  const value = readerType('image-tags').fromBuffer((record.value ?? Buffer.alloc(0)).subarray(5)) as ImageTags;
  const result = { id: record.headers[headers.ceId] ?? '', value, partition: record.partition, offset: record.offset };
  known.set(record, result);
  return result;
}

/** Returns the newest result of each photo. */
export function newestByPhoto(results: readonly Result[]): ReadonlyMap<string, Result> {
  const newest = new Map<string, Result>();
  for (const result of results) {
    const other = newest.get(result.value.imageId);
    if (other === undefined || isNewer(result, other)) newest.set(result.value.imageId, result);
  }
  return newest;
}

/** Returns the record that a sink gets for a result. */
export function recordOf({ id, value, partition, offset }: Result): TagRecord {
  return { id, value, topic: topics.imageTags(laneName), partition, offset: String(offset) };
}

/** Whether `a` is newer than `b`: by event time, then by id. */
export function isNewer(a: Pick<Result, 'id' | 'value'>, b: Pick<Result, 'id' | 'value'>): boolean {
  return a.value.eventTime !== b.value.eventTime ? a.value.eventTime > b.value.eventTime : a.id > b.id;
}
