import type { PublicSchemaName } from '../../../schemas/topics.js';

/** Facts about a topic that the document states. */
export interface DescribedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
}

export interface AsyncApiSources {
  /** Version of Fanlight. */
  readonly version: string;
  /** The Avro files of `schemas/` as JSON. */
  readonly schemas: Readonly<Record<PublicSchemaName, object>>;
  /** All topics of the topology, including internal ones. */
  readonly topics: readonly DescribedTopic[];
}
