import { connect } from 'node:net';
import { topicSpecs, withAdmin } from '../../runtime/kafka/admin.js';
import type { WorkerServices } from '../../runtime/kafka/services.js';
import { FanlightError } from '../../schemas/failure.js';
import { fanlightTopology } from '../../topology/main.js';
import type { Topology } from '../../topology/topology.js';
import { readConfig, type Config } from '../config.js';
import { clientEnvironment } from '../deployment-record.js';
import { openServices } from '../open-services.js';

export interface Client {
  readonly services: WorkerServices;
  readonly config: Config;
  readonly topology: Topology;
}

const connectTimeoutMs = 3_000;

/**
 * Connects a client command to the deployment of this machine or of the environment, and closes it afterwards. Throws
 * `host-unreachable` when no broker answers and `invalid-configuration` when the topics are not there.
 */
export async function withClient<T>(name: string, environment: NodeJS.ProcessEnv, use: (client: Client) => Promise<T>): Promise<T> {
  const config = readConfig({ ...clientEnvironment(environment), FANLIGHT_LOG_LEVEL: environment['FANLIGHT_LOG_LEVEL'] ?? 'warn' });
  const topology = fanlightTopology(config.FANLIGHT_PLACEMENT, config.FANLIGHT_DEDICATED);
  await checkBrokers(config.FANLIGHT_KAFKA_BROKERS);
  const services = await openServices(name, config, (error) => services.logger.error({ err: error }, 'the command can not go on'));
  try {
    await checkTopics(services, topology);
    return await use({ services, config, topology });
  } finally {
    await services.close();
  }
}

/** Asks the ports first: a Kafka client goes on trying for a minute, and its error names no remedy. */
async function checkBrokers(brokers: readonly string[]): Promise<void> {
  const answers = await Promise.all(brokers.map(accepts));
  if (answers.includes(true)) return;
  throw new FanlightError({
    code: 'host-unreachable',
    message: `No Kafka broker answers at ${brokers.join(', ')}.`,
    remedy: 'Start the platform with `npm start` or `fanlight up --detach`, or correct FANLIGHT_KAFKA_BROKERS.',
  });
}

function accepts(broker: string): Promise<boolean> {
  const [host, port] = broker.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: connectTimeoutMs });
    const answer = (open: boolean) => () => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', answer(true)).once('timeout', answer(false)).once('error', answer(false));
  });
}

async function checkTopics({ kafka }: WorkerServices, topology: Topology): Promise<void> {
  const existing = new Set(await withAdmin(kafka, (admin) => admin.listTopics()));
  const missing = topicSpecs(topology).filter(({ name }) => !existing.has(name));
  if (missing.length === 0) return;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `The brokers do not have the topics ${missing.map(({ name }) => name).join(', ')}.`,
    remedy: 'Create them by starting the deployment: `npm start` or `fanlight up --detach`.',
  });
}
