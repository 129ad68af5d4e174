import type { PortNumbers, PortName } from '../port-numbers.js';

export type PartName = 'kafka' | 'registry' | 'redis' | 'redis-results' | 's3' | 'solr' | 'sqs';

/** Settings of a part for one run. */
export interface PartContext {
  /** The part's folder in the artifact cache. */
  readonly artifacts: string;
  /** The part's own folder for data and generated configuration; it exists. */
  readonly dataDir: string;
  readonly ports: PortNumbers;
  /** Maximum heap in MiB, for parts that run on Java. */
  readonly heapMb: number;
  readonly solr: SolrChoice;
  readonly kafkaSettings: KafkaSettings;
}

/** Settings of the broker by name, as in server.properties. */
export type KafkaSettings = Readonly<Record<string, string | number | boolean>>;

export interface SolrChoice {
  readonly core: string;
  /** Folder with conf/, which has the schema and solrconfig.xml. */
  readonly configset: string;
}

/** Command of a part: `java` parts run under Guard, the others under guard.sh. */
export type Launch =
  | {
      readonly kind: 'java';
      readonly classpath: readonly string[];
      readonly mainClass: string;
      readonly jvmArgs: readonly string[];
      readonly args: readonly string[];
      /** `short`: for a server that every photo passes, because its garbage collection delays them. */
      readonly pauses?: 'short';
    }
  | { readonly kind: 'native'; readonly program: string; readonly args: readonly string[] };

/** One server of the platform. */
export interface Part {
  readonly name: PartName;
  /** Name in messages. */
  readonly title: string;
  readonly version: string;
  readonly ports: readonly PortName[];
  /** Default maximum heap in MiB; 0 for a part that does not run on Java. */
  readonly heapMb: number;
  /** Name of the pom in local/servers/poms, and of the folder in the cache. Default: the part's name. */
  readonly artifact?: string;
  /** The Maven goal that fills the part's lib folder from its pom. */
  readonly fetch: 'copy-dependencies' | 'unpack';
  /** Java sources in local/servers/java that run the part. */
  readonly sources: readonly string[];
  /** POSIX niceness (1–19) once the part has started, for a part whose work no other process waits for. */
  readonly niceness?: number;
  /** Whether the part starts only if it is requested by name. */
  readonly optional?: boolean;
  /** Writes the part's configuration and returns its command. */
  prepare(context: PartContext): Promise<Launch>;
  /** Resolves with true if the part answers requests. */
  probe(context: PartContext): Promise<boolean>;
  /** Applies settings through the part's own API once it answers. */
  settle?(context: PartContext): Promise<void>;
}
