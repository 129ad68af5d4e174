import type { Expected } from '../load/sent-event.js';
import type { ReceivedCallbacks } from '../stack/hook-receiver.js';
import type { End, OwnExit } from '../stack/fleet.js';

/** How often each id was found. */
export type Counts = ReadonlyMap<string, number>;

/** The contents of topics and stores that the oracle has read for one schedule. */
export interface Evidence {
  readonly topics: TopicEvidence;
  /** Result id → rows in the lake. */
  readonly rows: Counts;
  /** Null: the schedule has no events, so that only the lake is compared. */
  readonly stores: StoreEvidence | null;
  readonly job: JobEvidence | null;
  readonly processes: ProcessEvidence;
}

export interface TopicEvidence {
  /** Event id → records on `listing-images`. */
  readonly inputs: Counts;
  /** Result id → records on `image-tags`. */
  readonly results: Counts;
  /** Event id → codes of its dead letters. */
  readonly letters: ReadonlyMap<string, readonly string[]>;
}

export interface StoreEvidence {
  /** Image id → result ids of its objects. */
  readonly objects: ReadonlyMap<string, readonly string[]>;
  /** Image id → number of its documents in Solr. */
  readonly documents: Counts;
  /** Image id → result id of its hash in Redis. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Listing id → image ids of its set in Redis. */
  readonly listings: ReadonlyMap<string, readonly string[]>;
}

export interface JobEvidence {
  readonly state: string;
  readonly images: number;
  readonly tagged: number;
  readonly failed: number;
  /** Position of each line of the results. */
  readonly items: readonly number[];
  readonly callbacks: ReceivedCallbacks;
}

export interface ProcessEvidence {
  readonly ends: readonly End[];
  readonly ownExits: readonly OwnExit[];
  /** Time (ms) from the end of the last fault until every group had all its members; undefined: never. */
  readonly membersBackMs: number | undefined;
  /** Time (ms) from the end of the last fault until no group had lag; undefined: never. */
  readonly settledMs: number | undefined;
  /** Last state of the groups, when one of these times is undefined. */
  readonly unsettled: readonly string[];
  /** Processes that said that they are ready, and were no member of their group for too long. */
  readonly zombies: readonly string[];
}

/** An event that was sent, with its only right outcome. */
export interface Sent {
  readonly id: string;
  readonly listingId: string;
  readonly imageId: string;
  readonly expected: Expected;
}

/** Adds one to the count of the id. */
export function count(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}
