import type { Random } from '../../../primitives/seeded-random.js';
import type { Network } from '../engine/network.js';
import type { Scheduler } from '../engine/scheduler.js';
import type { Call, Connection, KafkaClient, Respond } from './connection.js';
import type { Group } from './group.js';
import type { Logs, StoredRecord } from './log.js';

export type State = 'up' | 'frozen' | 'down';

export interface KafkaServerOptions {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  readonly logs: Logs;
  /** Records of one partition in the answer to a fetch. */
  readonly recordsPerFetch: number;
  onCommit(group: Group, topic: string, partition: number, offset: number): void;
  onFetch(client: KafkaClient, records: readonly StoredRecord[]): void;
  onProduced(records: number): void;
  /** Called when an answer has reached its client. */
  onAnswer(call: Call): void;
}

/** The broker, as the code that answers its requests sees it. */
export interface Broker {
  readonly options: KafkaServerOptions;
  readonly state: State;
  /** 0..1: probability that a write fails for no reason that a client could know. */
  readonly failingWrites: number;
  group(name: string): Group;
}

/** A client that waits for an answer. */
export interface Caller {
  readonly connection: Connection;
  readonly respond: Respond;
}
