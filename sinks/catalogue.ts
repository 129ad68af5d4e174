import { systemClock } from '../primitives/clock.js';
import { FanlightError } from '../schemas/failure.js';
import type { Environment } from '../adapters/stores/parse-config.js';
import type { Sink } from './sink.js';

export interface SinkEntry {
  readonly name: string;
  /** One line for a list of sinks. */
  readonly describe: string;
  /** Reads the sink's settings from environment variables. Throws `invalid-configuration`; connects to nothing yet. */
  create(environment: Environment): Promise<Sink>;
}

/** All sinks. Each is imported when it is created, so that a worker loads the clients of its own store only. */
export const sinkCatalogue: readonly SinkEntry[] = [
  {
    name: 's3',
    describe: 'One JSON object per photo and pipeline in an S3 bucket.',
    async create(environment) {
      const { s3SinkConfigFrom } = await import('./s3/config.js');
      const { createS3Sink } = await import('./s3/sink.js');
      const { objectStoreClientFrom } = await import('../adapters/stores/object-store.js');
      const config = s3SinkConfigFrom(environment);
      return createS3Sink(config, { client: objectStoreClientFrom('s3', environment, config.concurrency) });
    },
  },
  {
    name: 'lake',
    describe: 'Avro files of many results each in an S3 bucket, for batch analysis.',
    async create(environment) {
      const { lakeSinkConfigFrom } = await import('./lake/config.js');
      const { createLakeSink } = await import('./lake/sink.js');
      const { objectStoreClientFrom } = await import('../adapters/stores/object-store.js');
      const config = lakeSinkConfigFrom(environment);
      return createLakeSink(config, { client: objectStoreClientFrom('lake', environment, config.concurrency) });
    },
  },
  {
    name: 'solr',
    describe: 'One Solr document per photo, for search and facets.',
    async create(environment) {
      const { solrSinkConfigFrom } = await import('./solr/config.js');
      const { createSolrSink } = await import('./solr/sink.js');
      return createSolrSink(solrSinkConfigFrom(environment));
    },
  },
  {
    name: 'redis',
    describe: 'A Redis hash per photo, and sets of photos per tag, room type and listing.',
    async create(environment) {
      const { redisSinkConfigFrom } = await import('./redis/config.js');
      const { createRedisSink } = await import('./redis/sink.js');
      return createRedisSink(redisSinkConfigFrom(environment), { clock: systemClock });
    },
  },
];

/** Throws `invalid-configuration` with the names that there are. */
export function sinkNamed(name: string): SinkEntry {
  const entry = sinkCatalogue.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `There is no sink ${name}.`,
    remedy: `Choose one of ${sinkCatalogue.map((candidate) => candidate.name).join(', ')}.`,
  });
}
