import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { systemClock } from '../../primitives/clock.js';
import { createKafka } from '../../runtime/kafka/client/client.js';
import { createPublisher } from '../../runtime/kafka/client/producer.js';
import { createRegistryCodec } from '../../runtime/kafka/client/registry-codec.js';
import { createSeal } from '../../runtime/records/seal.js';
import type { WorkerServices } from '../../runtime/services.js';
import { createMetrics } from '../../runtime/metrics.js';

/** Returns the address of a server of the integration tests. */
export const serverAddress = (name: string) => process.env[`FANLIGHT_TEST_${name}`] ?? '';

/** Opens the services that workers share, with the real Kafka and registry of the integration tests. */
export async function openTestServices(name: string, onFatal: (error: unknown) => void): Promise<WorkerServices> {
  const logger = pino({ level: 'silent' });
  const kafka = createKafka({ brokers: serverAddress('KAFKA_BROKERS').split(','), clientId: name, logger });
  return {
    kafka,
    publisher: await createPublisher(kafka),
    codec: createRegistryCodec(serverAddress('REGISTRY_URL')),
    clock: systemClock,
    seal: createSeal(),
    logger,
    metrics: createMetrics(),
    random: Math.random,
    randomHex: (digits) => randomUUID().replaceAll('-', '').slice(0, digits),
    onFatal,
  };
}
