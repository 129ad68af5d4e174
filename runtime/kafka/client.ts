import { Kafka, logLevel, type LogEntry } from 'kafkajs';
import type { Logger } from 'pino';

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly logger: Logger;
}

/** A kafkajs client that logs through ours and waits long enough for a broker that restarts. */
export function createKafka({ brokers, clientId, logger }: KafkaOptions): Kafka {
  return new Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 10 },
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => log(logger, entry),
  });
}

function log(logger: Logger, { level, namespace, log: { message, timestamp: _timestamp, logger: _name, ...details } }: LogEntry): void {
  // kafkajs calls expected turns of a group's life (rebalance, coordinator moves) errors or infos: none needs a person.
  const expected = /rebalanc|not the coordinator|coordinator is (loading|not)|starting|stopped|joined the group/i.test(message);
  const method = level <= logLevel.ERROR && !expected ? 'error' : level === logLevel.WARN && !expected ? 'warn' : 'debug';
  logger[method]({ namespace, ...details }, message);
}
