import type { Ports, PortName } from '../ports.js';

export type PartName = 'kafka' | 'registry' | 'redis' | 'redis-results' | 's3' | 'solr' | 'sqs';

/** What a part is told about this run. */
export interface PartContext {
  /** The part's folder in the artifact cache. */
  readonly artifacts: string;
  /** The part's own folder for data and generated configuration; it exists. */
  readonly dataDir: string;
  readonly ports: Ports;
  /** Maximum heap in MiB, for parts that run on Java. */
  readonly heapMb: number;
  readonly solr: SolrChoice;
}

export interface SolrChoice {
  readonly core: string;
  /** Folder that holds conf/ with the schema and solrconfig.xml. */
  readonly configset: string;
}

/** How to run a part: `java` parts run under Guard, the others under guard.sh. */
export type Launch =
  | {
      readonly kind: 'java';
      readonly classpath: readonly string[];
      readonly mainClass: string;
      readonly jvmArgs: readonly string[];
      readonly args: readonly string[];
      /** `short`: every photo passes through it, and waits while it collects garbage. */
      readonly pauses?: 'short';
    }
  | { readonly kind: 'native'; readonly program: string; readonly args: readonly string[] };

/** One server of the platform. */
export interface Part {
  readonly name: PartName;
  /** How messages call it. */
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
  /** Nobody waits for what it does once it has started: it gives way to all others, with this POSIX niceness (1–19). */
  readonly niceness?: number;
  /** Started only where it is asked for by name. */
  readonly optional?: boolean;
  /** Writes the part's configuration and says how to run it. */
  prepare(context: PartContext): Promise<Launch>;
  /** True as soon as the part answers requests. */
  probe(context: PartContext): Promise<boolean>;
  /** What is left to set over the part's own API once it answers. */
  settle?(context: PartContext): Promise<void>;
}
