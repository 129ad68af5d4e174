import { systemClock } from '../primitives/clock.js';
import { createKafka } from '../runtime/kafka/client/client.js';
import { ensureTopics } from '../runtime/kafka/topics/admin.js';
import { inheritOffsets } from '../runtime/kafka/topics/inherited-offsets.js';
import { refuseUnreadQueues } from '../runtime/kafka/topics/unread-queues.js';
import { createRegistryCodec } from '../runtime/kafka/client/registry-codec.js';
import { waitForRegistry } from '../runtime/kafka/client/registry-patience.js';
import { fanlightTopology } from '../topology/main.js';
import { topicSpecs } from '../topology/topics.js';
import type { Environment } from '../primitives/environment.js';
import { readConfig } from './config.js';
import { createLogger } from './services.js';
import { openImageStore } from './pipeline-ports.js';
import { system } from '../primitives/system.js';

/** Longest wait for a schema registry that is still starting (ms). */
const registryWaitMs = 30_000;

/**
 * Creates what workers need: topics, schemas (BACKWARD) and the image bucket. Idempotent.
 *
 * @throws FanlightError `invalid-configuration` when records wait in a queue that no group of this topology reads;
 *   `store-unavailable` when the registry does not answer within 30 s
 */
export async function prepareDeployment(environment: Environment): Promise<void> {
  const config = readConfig(environment);
  const topology = fanlightTopology(config.FANLIGHT_PLACEMENT, config.FANLIGHT_DEDICATED);
  const logger = createLogger('prepare', 'warn');
  const kafka = createKafka({ brokers: config.FANLIGHT_KAFKA_BROKERS, clientId: 'fanlight-prepare', logger });
  const codec = createRegistryCodec(config.FANLIGHT_REGISTRY_URL, {
    registering: waitForRegistry({ clock: systemClock, random: system.random, logger, atMostMs: registryWaitMs }),
  });
  await refuseUnreadQueues(kafka, topology);
  await inheritOffsets(kafka, topology);
  await Promise.all([
    ensureTopics(kafka, topology, config.FANLIGHT_REPLICATION_FACTOR),
    ...topicSpecs(topology).flatMap(({ name, schema }) => (schema ? [codec.register(schema, name)] : [])),
    openImageStore(config).ensureBucket(),
  ]);
}
