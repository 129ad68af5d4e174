import net from 'node:net';
import tls from 'node:tls';
import { Kafka, logLevel, type ISocketFactory, type LogEntry } from 'kafkajs';
import type { Logger } from 'pino';
import { registerCodecs } from '../compression/codecs.js';
import { hideAbortedRecords } from './aborted-records.js';
import { decodeFetches } from '../decoding/fetches.js';
import { quietIdleConnections } from './idle-connections.js';

// Other folders name these types without importing kafkajs.
export type { Admin, Kafka } from 'kafkajs';

quietIdleConnections();
hideAbortedRecords();
registerCodecs();
decodeFetches();

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: Logger;
}

/** Creates a kafkajs client that logs through our logger, and whose retries outlast the restart of a broker. */
export function createKafka({ brokers, clientId, logger }: KafkaOptions): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 10 },
    socketFactory: connectWithoutDelay,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => log(logger, entry),
  });
}

/**
 * kafkajs leaves Nagle's algorithm on. The end of a request that is larger than one segment would then wait for the
 * broker's delayed acknowledgement.
 */
const connectWithoutDelay: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect);
  return socket.setNoDelay(true).setKeepAlive(true, 60_000);
};

/**
 * kafkajs logs expected events of groups (rebalance, coordinator move) and of transactions (the former one still ends)
 * as errors or warnings. No operator has to act.
 */
const expectedEvents =
  /rebalanc|coordinator|starting|stopped|joined the group|concurrent operation on the same transaction/i;

function log(
  logger: Logger,
  { level, namespace, log: { message, timestamp: _timestamp, logger: _name, ...details } }: LogEntry,
): void {
  const expected = expectedEvents.test(`${message} ${String(details['error'] ?? '')}`);
  const method =
    level <= logLevel.ERROR && !expected ? 'error' : level === logLevel.WARN && !expected ? 'warn' : 'debug';
  logger[method]({ namespace, ...details }, message);
}
