import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acceptsConnections } from '../probes.js';
import { platformResource } from '../resources.js';
import type { KafkaSettings, Part, PartContext } from './part.js';

const MIB = 1024 * 1024;

/**
 * The limit counts a whole record batch, and a producer may put all records of a send into one batch. The default of
 * 1 MiB would refuse eight photos sent together.
 */
const MESSAGE_MAX_BYTES = 16 * MIB;

/** One broker that is its own controller (KRaft). It keeps its data between starts. */
export const kafka: Part = {
  name: 'kafka',
  title: 'Kafka broker',
  version: '4.1.0',
  ports: ['kafka', 'kafkaController'],
  heapMb: 512,
  fetch: 'copy-dependencies',
  sources: ['Guard.java', 'KafkaLauncher.java'],

  async prepare(context) {
    const logDir = join(context.dataDir, 'log');
    await mkdir(logDir, { recursive: true });
    const config = join(context.dataDir, 'server.properties');
    await writeFile(config, serverProperties(context, logDir));
    return {
      kind: 'java',
      classpath: [join(context.artifacts, 'launcher.jar'), join(context.artifacts, 'lib', '*')],
      mainClass: 'KafkaLauncher',
      jvmArgs: [`-Dlog4j2.configurationFile=${platformResource('logging', 'log4j2.xml')}`],
      args: [config, logDir],
      pauses: 'short',
    };
  },

  // A KRaft broker opens its port only once it is registered and unfenced: a broker that accepts is ready.
  probe: (context) => acceptsConnections(context.ports.kafka),
};

function serverProperties({ ports, kafkaSettings }: PartContext, logDir: string): string {
  const settings: KafkaSettings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${ports.kafkaController}`,
    listeners: `PLAINTEXT://127.0.0.1:${ports.kafka},CONTROLLER://127.0.0.1:${ports.kafkaController}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${ports.kafka}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': logDir,
    'auto.create.topics.enable': false,
    'num.partitions': 8,
    'message.max.bytes': MESSAGE_MAX_BYTES,
    'replica.fetch.max.bytes': MESSAGE_MAX_BYTES,
    // The first member of a group gets its partitions at once instead of waiting 3 s for others.
    'group.initial.rebalance.delay.ms': 0,
    // Lets a test detect a killed member within seconds; the default lower bound is 6 s.
    'group.min.session.timeout.ms': 1000,
    'offsets.topic.num.partitions': 8,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 2,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // Taken from the heap at start: the default of 128 MiB would be a quarter of it. Enough for 600,000 keys per pass.
    'log.cleaner.dedupe.buffer.size': 16 * MIB,
    'num.network.threads': 2,
    'num.io.threads': 4,
    ...kafkaSettings,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${String(value)}\n`)
    .join('');
}
