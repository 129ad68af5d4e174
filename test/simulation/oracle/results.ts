import type { ImageTags } from '../../../schemas/events.js';
import { headers } from '../../../schemas/headers.js';
import { readerType } from '../../../runtime/records/avro.js';
import type { StoredRecord } from '../kafka/log.js';

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

/** Whether `a` is newer than `b`: by event time, then by id. */
export function isNewer(a: Pick<Result, 'id' | 'value'>, b: Pick<Result, 'id' | 'value'>): boolean {
  return a.value.eventTime !== b.value.eventTime ? a.value.eventTime > b.value.eventTime : a.id > b.id;
}
