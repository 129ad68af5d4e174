import type { ImageTags } from '../../schemas/events.js';
import type { Sink, TagRecord } from '../../sinks/sink.js';
import type { CuttableProxy } from './cuttable-proxy.js';
import type { HeldLink, HeldWrites } from './held-link.js';
import type { StoredResult } from './stored-result.js';

/** A sink whose requests pass a link of their own. */
export interface FormerOwner {
  readonly sink: Sink<ImageTags>;
  readonly link: HeldLink;
  /** The write requests of a batch with so many records. */
  writesOf(records: number): HeldWrites;
}

/** One sink in front of a real store. Each test has a part of the store to itself. */
export interface SinkFixture {
  readonly proxy: CuttableProxy;
  /** Creates a sink that connects through the proxy. `timeoutMs` is the timeout of each of its requests. */
  create(timeoutMs: number): Sink<ImageTags>;
  /** Creates a sink in front of the same part of the store, with a link of its own. */
  former(): Promise<FormerOwner>;
  /** Reads everything in the test's part of the store, in any order and not through the proxy. */
  read(): Promise<readonly StoredResult[]>;
  /** Changes the record, or the store, so that the store refuses the record. */
  spoil(record: TagRecord): Promise<TagRecord>;
  dispose(): Promise<void>;
}

export interface SinkUnderTest {
  readonly name: string;
  /** `latest`: a newer result of a photo and pipeline replaces the older. `history`: both are kept. */
  readonly keeps: 'latest' | 'history';
  /** `scope` is unique. Every listing id and image id of the test begins with it. */
  fixture(scope: string): Promise<SinkFixture>;
}
