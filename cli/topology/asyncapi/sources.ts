import type { PublicSchemaName } from '../../../schemas/topics.js';

/** What the document says of a topic beyond its name. */
export interface DescribedTopic {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
}

export interface AsyncApiSources {
  /** Version of Fanlight. */
  readonly version: string;
  /** The Avro files of `schemas/`, as JSON. */
  readonly schemas: Readonly<Record<PublicSchemaName, object>>;
  /** All topics of the topology, internal ones too. */
  readonly topics: readonly DescribedTopic[];
}
