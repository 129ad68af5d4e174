import { systemClock } from '../../../primitives/clock.js';
import type { ImageTags } from '../../../schemas/events.js';
import { lakeSinkConfig } from '../../../sinks/lake/config.js';
import { createLakeSink } from '../../../sinks/lake/sink.js';
import { redisSinkConfig } from '../../../sinks/redis/config.js';
import { createRedisSink } from '../../../sinks/redis/sink.js';
import { s3SinkConfig } from '../../../sinks/s3/config.js';
import { createS3Sink } from '../../../sinks/s3/sink.js';
import type { Sink } from '../../../sinks/sink.js';
import { solrSinkConfig } from '../../../sinks/solr/config.js';
import { createSolrSink } from '../../../sinks/solr/sink.js';
import { createSimRedisService, type RedisPhotos } from './redis-photos.js';
import { createSimS3Client } from './s3-client.js';
import type { S3Objects } from './s3-objects.js';
import { createSimSolrService, type SolrPhotos } from './solr-photos.js';
import type { StoreServer } from './store-server.js';

export const sinkKinds = ['s3', 'lake', 'redis', 'solr'] as const;
export type SinkKind = (typeof sinkKinds)[number];

export const resultsBucket = 'results';
export const imagesBucket = 'images';

/** What the stores hold. */
export interface Stores {
  readonly objects: S3Objects;
  readonly redis: RedisPhotos;
  readonly solr: SolrPhotos;
}

export interface SimStore {
  readonly server: StoreServer;
  readonly stores: Stores;
  /** Called when a worker sends a write to S3, with the name of a record or of a photo. */
  onWrite(name: string): void;
}

/** Creates the sink of the product for a simulated store. */
export function createSimSink(kind: SinkKind, { server, stores, onWrite }: SimStore): Sink<ImageTags> {
  const bucket = { bucket: resultsBucket, timeoutMs: 5_000 };
  const { objects, redis, solr } = stores;

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
    case 'redis':
      return createRedisSink(redisSinkConfig({ url: 'redis://redis', maxRecords: 20 }), {
        clock: systemClock,
        service: createSimRedisService(server, redis),
      });
    case 'solr':
      return createSolrSink(solrSinkConfig({ url: 'http://solr/solr/photos', maxRecords: 20 }), {
        service: createSimSolrService(server, solr),
      });
  }
}
