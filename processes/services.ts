import { randomBytes } from 'node:crypto';
import { pino, type Logger } from 'pino';
import { systemClock } from '../primitives/clock.js';
import { createKafka } from '../runtime/kafka/client/client.js';
import { createPublisher } from '../runtime/kafka/client/producer.js';
import { createRegistryCodec, type RegistryCodecOptions } from '../runtime/kafka/client/registry-codec.js';
import { waitForRegistry } from '../runtime/kafka/client/registry-patience.js';
import { createSeal } from '../runtime/records/seal.js';
import type { WorkerServices } from '../runtime/services.js';
import { createMetrics } from '../runtime/metrics.js';
import type { Config } from './config.js';

export function createLogger(name: string, level: string): Logger {
  return pino({ name, level, base: { name, pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
}

export const randomHex = (digits: number): string =>
  randomBytes(Math.ceil(digits / 2))
    .toString('hex')
    .slice(0, digits);

/**
 * Work that waits without end while the schema registry is unavailable: all of it in a worker, only the reading of
 * records in a gateway (a client waits for what it writes), none in a command.
 */
export type RegistryWaits = 'always' | 'when-reading' | 'never';

/** Opens the services that every process with a Kafka client needs. */
export async function openServices(
  name: string,
  config: Config,
  onFatal: (error: unknown) => void,
  waits: RegistryWaits = 'never',
): Promise<WorkerServices & { close(): Promise<void> }> {
  const logger = createLogger(name, config.FANLIGHT_LOG_LEVEL);
  const kafka = createKafka({ brokers: config.FANLIGHT_KAFKA_BROKERS, clientId: `fanlight-${name}`, logger });
  const publisher = await createPublisher(kafka);
  return {
    kafka,
    publisher,
    delivery: config.FANLIGHT_DELIVERY,
    codec: createRegistryCodec(config.FANLIGHT_REGISTRY_URL, patienceOf(waits, logger)),
    clock: systemClock,
    seal: createSeal(config.FANLIGHT_INTERNAL_KEY),
    logger,
    metrics: createMetrics(),
    random: Math.random,
    randomHex,
    onFatal,
    close: () => publisher.close(),
  };
}

function patienceOf(waits: RegistryWaits, logger: Logger): RegistryCodecOptions {
  if (waits === 'never') return {};
  const patience = waitForRegistry({ clock: systemClock, random: Math.random, logger });
  return waits === 'always' ? { registering: patience, lookingUp: patience } : { lookingUp: patience };
}
