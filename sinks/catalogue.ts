import { systemClock } from '../primitives/clock.js';
import { FanlightError } from '../schemas/failure.js';
import { imageTagsFamily, type TopicFamily } from '../schemas/topic-family.js';
import type { Environment } from '../primitives/environment.js';
import type { Sink } from './sink.js';

export interface SinkEntry<Value> {
  readonly name: string;
  /** One line of text for a list of sinks. */
  readonly describe: string;
  /** Records that the worker feeds to the sink. */
  readonly reads: TopicFamily<Value>;
  /** Server of the compose file that is the store. */
  readonly server: 'redis-results' | 's3' | 'solr';
  /** Reads the sink's settings from environment variables. Throws `invalid-configuration`; connects to nothing yet. */
  create(environment: Environment): Promise<Sink<Value>>;
}

/** An entry of the catalogue. `entry` has checked that its sink takes the records of `reads`. */
export type AnySinkEntry = SinkEntry<unknown>;

/** The compiler checks here that the sink takes the records that the entry reads. */
function entry<Value>(checked: SinkEntry<Value>): AnySinkEntry {
  return checked;
}

/** All sinks. Each is imported when it is created, so a worker loads the client of its own store only. */
export const sinkCatalogue: readonly AnySinkEntry[] = [
  entry({
    name: 's3',
    describe: 'One JSON object per photo and pipeline in an S3 bucket.',
    reads: imageTagsFamily,
    server: 's3',
    async create(environment) {
      const { s3SinkConfigFrom } = await import('./s3/config.js');
      const { createS3Sink } = await import('./s3/sink.js');
      const { objectStoreClientFrom } = await import('../adapters/stores/object-store.js');
      const config = s3SinkConfigFrom(environment);
      return createS3Sink(config, { client: objectStoreClientFrom('s3', environment, config.concurrency) });
    },
  }),
  entry({
    name: 'lake',
    describe: 'Avro files of many results each in an S3 bucket, for batch analysis.',
    reads: imageTagsFamily,
    server: 's3',
    async create(environment) {
      const { lakeSinkConfigFrom } = await import('./lake/config.js');
      const { createLakeSink } = await import('./lake/sink.js');
      const { objectStoreClientFrom } = await import('../adapters/stores/object-store.js');
      const config = lakeSinkConfigFrom(environment);
      return createLakeSink(config, { client: objectStoreClientFrom('lake', environment, config.concurrency) });
    },
  }),
  entry({
    name: 'solr',
    describe: 'One Solr document per photo, for search and facets.',
    reads: imageTagsFamily,
    server: 'solr',
    async create(environment) {
      const { solrSinkConfigFrom } = await import('./solr/config.js');
      const { createSolrSink } = await import('./solr/sink.js');
      return createSolrSink(solrSinkConfigFrom(environment));
    },
  }),
  entry({
    name: 'redis',
    describe: 'A Redis hash per photo, and sets of photos per tag, room type and listing.',
    reads: imageTagsFamily,
    server: 'redis-results',
    async create(environment) {
      const { redisSinkConfigFrom } = await import('./redis/config.js');
      const { createRedisSink } = await import('./redis/sink.js');
      return createRedisSink(redisSinkConfigFrom(environment), { clock: systemClock });
    },
  }),
];

/** Throws `invalid-configuration` with the known names. */
export function sinkNamed(name: string): AnySinkEntry {
  const found = sinkCatalogue.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `There is no sink ${name}.`,
    remedy: `Choose one of ${sinkCatalogue.map((candidate) => candidate.name).join(', ')}.`,
  });
}
