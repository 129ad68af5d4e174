import type { ImageTags } from '../../../schemas/events.js';
import { lakeSinkConfig } from '../../../sinks/lake/config.js';
import { createLakeSink } from '../../../sinks/lake/sink.js';
import { s3SinkConfig } from '../../../sinks/s3/config.js';
import { createS3Sink } from '../../../sinks/s3/sink.js';
import type { Sink } from '../../../sinks/sink.js';
import { createSimS3Client } from './s3-client.js';
import type { S3Objects } from './s3-objects.js';
import type { StoreServer } from './store-server.js';

export const sinkKinds = ['s3', 'lake'] as const;
export type SinkKind = (typeof sinkKinds)[number];

export const resultsBucket = 'results';

export interface SimStore {
  readonly server: StoreServer;
  readonly objects: S3Objects;
  /** Called when a worker sends a write, with the name of a record or of a photo. */
  onWrite(name: string): void;
}

/** Creates the sink of the product for a simulated store. */
export function createSimSink(kind: SinkKind, store: SimStore): Sink<ImageTags> {
  const { server, objects, onWrite } = store;
  const bucket = { bucket: resultsBucket, timeoutMs: 5_000 };
  /** A photo's object, or a file that begins with an offset of a partition. */
  function onPut(key: string): void {
    const photo = /([^/]+)\.json$/.exec(key)?.[1];
    const [, partition, first] = /\+(\d+)\+(\d+)\.avro$/.exec(key) ?? [];
    if (photo !== undefined) onWrite(photo);
    if (first !== undefined) onWrite(`${partition}/${Number(first)}`);
  }

  switch (kind) {
    case 's3':
      return createS3Sink(s3SinkConfig(bucket), { client: createSimS3Client({ server, objects, onPut }) });
    case 'lake':
      return createLakeSink(lakeSinkConfig({ ...bucket, maxRecords: 10, maxDelayMs: 2_000 }), {
        client: createSimS3Client({ server, objects, onPut }),
      });
  }
}
