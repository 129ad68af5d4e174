import avro from 'avsc';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { ImageTags } from '../../schemas/events.js';
import { imageTagsId } from '../../schemas/ids.js';

const inflate = promisify(inflateRaw);
const magic = 'Obj\u0001';
const metadataType = avro.Type.forSchema({ type: 'map', values: 'bytes' });
const longType = avro.Type.forSchema('long');

/**
 * Returns the `ce_id` of each row of an Avro file with the codec deflate (Avro 1.11, object container files).
 *
 * @throws Error for a file that is cut off or is no such file
 */
export async function rowIds(file: Buffer): Promise<readonly string[]> {
  if (file.toString('latin1', 0, magic.length) !== magic) throw new Error('it does not begin as an Avro file');
  const header = take<Record<string, Buffer>>(metadataType, file, magic.length);
  const schema = JSON.parse(String(header.value['avro.schema'])) as avro.Schema;
  const type = avro.Type.forSchema(schema, { registry: {} });
  const ids: string[] = [];
  for (let at = header.next + 16; at < file.length;) {
    const count = take<number>(longType, file, at);
    const size = take<number>(longType, file, count.next);
    const body = await inflate(file.subarray(size.next, size.next + size.value));
    let within = 0;
    for (let row = 0; row < count.value; row += 1) {
      const { value, next } = take<ImageTags>(type, body, within);
      ids.push(imageTagsId(value));
      within = next;
    }
    at = size.next + size.value + 16;
  }
  return ids;
}

function take<Value>(type: avro.Type, bytes: Buffer, at: number): { readonly value: Value; readonly next: number } {
  const { value, offset } = type.decode(bytes, at) as { readonly value: Value; readonly offset: number };
  if (offset < 0) throw new Error('it is cut off');
  return { value, next: offset };
}
