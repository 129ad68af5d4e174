import { createKafka } from '../runtime/kafka/client/client.js';
import { ensureTopics } from '../runtime/kafka/topics/admin.js';
import { inheritOffsets } from '../runtime/kafka/topics/inherited-offsets.js';
import { refuseUnreadQueues } from '../runtime/kafka/topics/unread-queues.js';
import { createRegistryCodec } from '../runtime/kafka/client/registry-codec.js';
import { fanlightTopology } from '../topology/main.js';
import { topicSpecs } from '../topology/topics.js';
import type { Environment } from '../primitives/environment.js';
import { readConfig } from './config.js';
import { createLogger } from './services.js';
import { openImageStore } from './pipeline-ports.js';

/**
 * Creates what workers need: topics, schemas (BACKWARD) and the image bucket. Idempotent.
 *
 * @throws FanlightError `invalid-configuration` when records wait in a queue that no group of this topology reads
 */
export async function prepareDeployment(environment: Environment): Promise<void> {
  const config = readConfig(environment);
  const topology = fanlightTopology(config.FANLIGHT_PLACEMENT, config.FANLIGHT_DEDICATED);
  const kafka = createKafka({
    brokers: config.FANLIGHT_KAFKA_BROKERS,
    clientId: 'fanlight-prepare',
    logger: createLogger('prepare', 'warn'),
  });
  const codec = createRegistryCodec(config.FANLIGHT_REGISTRY_URL);
  await refuseUnreadQueues(kafka, topology);
  await inheritOffsets(kafka, topology);
  await Promise.all([
    ensureTopics(kafka, topology, config.FANLIGHT_REPLICATION_FACTOR),
    ...topicSpecs(topology).flatMap(({ name, schema }) => (schema ? [codec.register(schema, name)] : [])),
    openImageStore(config).ensureBucket(),
  ]);
}
