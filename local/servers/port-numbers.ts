import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** One port of one part: its name in messages, its default, and the environment variable that changes it. */
export interface PortSpec {
  readonly name: PortName;
  readonly default: number;
  readonly env: string;
}

export type PortName = 'kafka' | 'kafkaController' | 'registry' | 'redis' | 'redisResults' | 's3' | 'solr' | 'sqs';
export type PortNumbers = Readonly<Record<PortName, number>>;

export const PORTS: readonly PortSpec[] = [
  { name: 'kafka', default: 19092, env: 'FANLIGHT_KAFKA_PORT' },
  { name: 'kafkaController', default: 19093, env: 'FANLIGHT_KAFKA_CONTROLLER_PORT' },
  { name: 'registry', default: 18081, env: 'FANLIGHT_REGISTRY_PORT' },
  { name: 'redis', default: 16379, env: 'FANLIGHT_REDIS_PORT' },
  { name: 'redisResults', default: 16380, env: 'FANLIGHT_SINK_REDIS_PORT' },
  { name: 's3', default: 19000, env: 'FANLIGHT_S3_PORT' },
  { name: 'solr', default: 18983, env: 'FANLIGHT_SOLR_PORT' },
  { name: 'sqs', default: 19324, env: 'FANLIGHT_SQS_PORT' },
];

/** Below the kernel's range for outgoing connections, because such a connection could take the port first. */
const FREE_PORT_RANGE = { from: 20_000, to: 32_000 } as const;
const FREE_PORT_TRIES = 200;

/** Port 0 for every part, so that each gets a free port. */
export const FREE_PORTS: PortNumbers = {
  kafka: 0,
  kafkaController: 0,
  registry: 0,
  redis: 0,
  redisResults: 0,
  s3: 0,
  solr: 0,
  sqs: 0,
};

/**
 * Returns the default ports, overridden by the variables in `PORTS`. Two ports follow another one when their own
 * variable is not set: the controller's follows the broker's, and that of the Redis for results follows the Redis's.
 *
 * @throws RangeError if a variable is not a port number
 */
export function portsFromEnv(env: NodeJS.ProcessEnv = process.env): PortNumbers {
  const read = (name: PortName): number | undefined => {
    const spec = portSpec(name);
    const text = env[spec.env];
    if (text === undefined || text === '') return undefined;
    const port = Number(text);
    if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
    throw new RangeError(`${spec.env} is "${text}", which is not a port: set it to a number from 0 to 65535.`);
  };
  const next = (port: number) => (port === 0 ? 0 : port + 1);
  const kafka = read('kafka') ?? portSpec('kafka').default;
  const redis = read('redis') ?? portSpec('redis').default;
  return {
    kafka,
    kafkaController: read('kafkaController') ?? next(kafka),
    registry: read('registry') ?? portSpec('registry').default,
    redis,
    redisResults: read('redisResults') ?? next(redis),
    s3: read('s3') ?? portSpec('s3').default,
    solr: read('solr') ?? portSpec('solr').default,
    sqs: read('sqs') ?? portSpec('sqs').default,
  };
}

export function portSpec(name: PortName): PortSpec {
  const found = PORTS.find((spec) => spec.name === name);
  if (found === undefined) throw new RangeError(`There is no port called ${name}.`);
  return found;
}

/** Replaces every 0 by a free port; all ports differ. */
export async function resolvePorts(ports: PortNumbers): Promise<PortNumbers> {
  const taken = new Set(Object.values(ports).filter((port) => port !== 0));
  const resolved: Record<PortName, number> = { ...ports };
  for (const { name } of PORTS) {
    if (resolved[name] !== 0) continue;
    resolved[name] = await freePort(taken);
    taken.add(resolved[name]);
  }
  return resolved;
}

async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < FREE_PORT_TRIES; attempt += 1) {
    const port = randomInt(FREE_PORT_RANGE.from, FREE_PORT_RANGE.to);
    if (!taken.has(port) && (await isPortFree(port))) return port;
  }
  throw new RangeError(`No free port found between ${FREE_PORT_RANGE.from} and ${FREE_PORT_RANGE.to}.`);
}

/** Whether this process can listen on 127.0.0.1:`port` now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
