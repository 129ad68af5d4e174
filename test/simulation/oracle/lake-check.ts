import { inflateRawSync } from 'node:zlib';
import avro from 'avsc';
import type { ImageTags } from '../../../schemas/events.js';
import { readerType } from '../../../runtime/records/avro.js';
import { resultsBucket } from '../stores/sinks.js';
import type { S3Objects } from '../stores/s3-objects.js';
import type { StoreCheck } from './store-check.js';

interface LakeFile {
  readonly partition: number;
  readonly first: number;
  readonly last: number;
  readonly rows: readonly ImageTags[];
}

const metadataType = avro.Type.forSchema({ type: 'map', values: 'bytes' });
const longType = avro.Type.forSchema('long');
const parsed = new WeakMap<Buffer, LakeFile>();

/** Files of consecutive results: each offset is in exactly one file. */
export function createLakeCheck(objects: S3Objects): StoreCheck {
  function files(): LakeFile[] {
    return objects
      .keys(resultsBucket)
      .filter((key) => key.endsWith('.avro'))
      .flatMap((key) => {
        const object = objects.get(resultsBucket, key);
        return object === undefined ? [] : [fileOf(object.body)];
      });
  }

  return {
    has({ partition, offset }) {
      return files().some((file) => file.partition === partition && file.first <= offset && offset <= file.last);
    },
    differences(results) {
      const found: string[] = [];
      const stored = files();
      const byOffset = new Map(results.map((result) => [`${result.partition}/${result.offset}`, result]));
      const times = new Map<string, number>();
      for (const { partition, first, last, rows } of stored) {
        const name = `the lake's file ${partition}/${first}..${last}`;
        if (rows.length !== last - first + 1) found.push(`${name} has ${rows.length} rows`);
        rows.forEach((row, index) => {
          const place = `${partition}/${first + index}`;
          times.set(place, (times.get(place) ?? 0) + 1);
          const value = byOffset.get(place)?.value;
          if (value?.imageId !== row.imageId || value.taggedAt !== row.taggedAt)
            found.push(`${name} has another row at ${place}`);
        });
      }
      for (const place of byOffset.keys()) {
        const count = times.get(place) ?? 0;
        if (count !== 1) found.push(`the lake has the result ${place} ${count} times`);
      }
      return found;
    },
  };
}

/** Decodes an Avro container file. */
function fileOf(body: Buffer): LakeFile {
  const known = parsed.get(body);
  if (known) return known;
  const header = metadataType.decode(body, 4) as { readonly value: Record<string, Buffer>; readonly offset: number };
  const text = (name: string) => header.value[name]?.toString() ?? '';
  const rows: ImageTags[] = [];
  let position = header.offset + 16;
  while (position < body.length) {
    const count = longType.decode(body, position);
    const size = longType.decode(body, count.offset);
    const block = inflateRawSync(body.subarray(size.offset, size.offset + Number(size.value)));
    let at = 0;
    for (let index = 0; index < Number(count.value); index += 1) {
      const row = readerType('image-tags').decode(block, at);
      rows.push(row.value as ImageTags);
      at = row.offset;
    }
    position = size.offset + Number(size.value) + 16;
  }
  const file: LakeFile = {
    partition: Number(text('fanlight.partition')),
    first: Number(text('fanlight.offset.first')),
    last: Number(text('fanlight.offset.last')),
    rows,
  };
  parsed.set(body, file);
  return file;
}
