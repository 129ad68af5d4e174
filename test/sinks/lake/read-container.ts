import avro from 'avsc';
import type { ImageTags } from '../../../schemas/events.js';

/** Reads all records of a container file by the library's own reader. */
export async function readContainer(file: Buffer): Promise<readonly ImageTags[]> {
  const decoder = new avro.streams.BlockDecoder();
  decoder.end(file);
  const records: ImageTags[] = [];
  for await (const record of decoder) records.push(record as ImageTags);
  return records;
}
