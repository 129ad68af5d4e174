import { withAdmin } from '../../runtime/kafka/topics/admin.js';
import { topicSpecs } from '../../topology/topics.js';
import type { WorkerServices } from '../../runtime/services.js';
import { FanlightError } from '../../schemas/failure.js';
import { fanlightTopology } from '../../topology/main.js';
import type { Topology } from '../../topology/topology.js';
import { readConfig, type Config } from '../../processes/config.js';
import { clientEnvironment } from '../../local/deployment-record.js';
import { openServices } from '../../processes/services.js';
import { checkBrokers } from '../../processes/broker-check.js';

export interface DeploymentClient {
  readonly services: WorkerServices;
  readonly config: Config;
  readonly topology: Topology;
}

/**
 * Connects a client command to the deployment of this machine or of the environment, and closes the connection
 * afterwards. Throws `host-unreachable` if no broker answers and `invalid-configuration` if topics are missing.
 */
export async function withClient<T>(
  name: string,
  environment: NodeJS.ProcessEnv,
  use: (client: DeploymentClient) => Promise<T>,
): Promise<T> {
  const config = readConfig({
    ...clientEnvironment(environment),
    FANLIGHT_LOG_LEVEL: environment['FANLIGHT_LOG_LEVEL'] ?? 'warn',
  });
  const topology = fanlightTopology(config.FANLIGHT_PLACEMENT, config.FANLIGHT_DEDICATED);
  await checkBrokers(config.FANLIGHT_KAFKA_BROKERS);
  const services = await openServices(name, config, (error) =>
    services.logger.error({ err: error }, 'the command cannot continue'),
  );
  try {
    await checkTopics(services, topology);
    return await use({ services, config, topology });
  } finally {
    await services.close();
  }
}

async function checkTopics({ kafka }: WorkerServices, topology: Topology): Promise<void> {
  const existing = new Set(await withAdmin(kafka, (admin) => admin.listTopics()));
  const missing = topicSpecs(topology).filter(({ name }) => !existing.has(name));
  if (missing.length === 0) return;
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `The brokers do not have the topics ${missing.map(({ name }) => name).join(', ')}.`,
    remedy: 'Start the deployment, which creates them: `npm start` or `fanlight up --detach`.',
  });
}
