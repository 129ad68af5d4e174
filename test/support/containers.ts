import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../local/servers/errors.js';
import { platformResource } from '../../local/servers/resources.js';
import { packageRoot } from '../../primitives/package-root.js';
import { DEFAULT_SOLR_CORE, type Addresses } from '../../local/servers/platform.js';
import { S3_ACCESS } from '../../local/servers/parts/s3.js';
import { FREE_PORTS, resolvePorts } from '../../local/servers/port-numbers.js';

interface Containers {
  readonly addresses: Addresses;
  stop(): Promise<void>;
}

interface ContainerOptions {
  /** Whether to reject if containers cannot run, instead of resolving with undefined. */
  readonly required: boolean;
  readonly log: (line: string) => void;
}

type ServerName = 'kafka' | 'registry' | 'redis' | 'redis-results' | 's3' | 'solr' | 'sqs';

/** Time for the engine to answer and, if necessary, to pull the smallest image. */
const TRIAL_MS = 3_000;
const START_TIMEOUT_MS = 180_000;

/** Starts the servers of docker-compose.yml in containers; resolves with undefined if no container engine runs. */
export async function startContainers({ required, log }: ContainerOptions): Promise<Containers | undefined> {
  const images = await composeImages();
  const trial = new AbortController();
  try {
    const cannot = await Promise.race([
      whyNoContainers(images.redis),
      delay(required ? START_TIMEOUT_MS : TRIAL_MS, 'no image within the time limit', { signal: trial.signal }),
    ]);
    if (cannot !== undefined) {
      if (required) throw new Error(`FANLIGHT_TEST_PLATFORM requires containers, which cannot run: ${cannot}.`);
      return undefined;
    }
  } finally {
    trial.abort();
  }
  log('test platform: starting containers');
  return start(images);
}

async function whyNoContainers(image: string): Promise<string | undefined> {
  try {
    const { getContainerRuntimeClient, ImageName } = await import('testcontainers');
    const client = await getContainerRuntimeClient();
    const name = ImageName.fromString(image);
    if (!(await client.image.exists(name))) await client.image.pull(name);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Returns the image of each server from docker-compose.yml, the only place that names them. */
export async function composeImages(): Promise<Record<ServerName, string>> {
  const { parse } = await import('yaml');
  const text = await readFile(join(packageRoot(), 'docker-compose.yml'), 'utf8');
  const { services } = parse(text, { merge: true }) as {
    services: Readonly<Record<ServerName, { readonly image: string }>>;
  };
  return {
    kafka: services.kafka.image,
    registry: services.registry.image,
    redis: services.redis.image,
    'redis-results': services['redis-results'].image,
    s3: services.s3.image,
    solr: services.solr.image,
    sqs: services.sqs.image,
  };
}

async function start(images: Readonly<Record<ServerName, string>>): Promise<Containers> {
  const { GenericContainer, Wait } = await import('testcontainers');
  // The broker advertises its address to clients, so its port must be known before it starts.
  const { kafka: kafkaPort } = await resolvePorts(FREE_PORTS);
  const container = (name: ServerName, port: number): InstanceType<typeof GenericContainer> =>
    new GenericContainer(images[name]).withExposedPorts(port).withStartupTimeout(START_TIMEOUT_MS);

  const starting = [
    new GenericContainer(images.kafka)
      .withExposedPorts({ container: 19092, host: kafkaPort })
      .withEnvironment(kafkaEnvironment(kafkaPort))
      .withWaitStrategy(Wait.forListeningPorts())
      .withStartupTimeout(START_TIMEOUT_MS)
      .start(),
    container('registry', 8080)
      .withEnvironment({ APICURIO_RULES_GLOBAL_COMPATIBILITY: 'BACKWARD' })
      .withWaitStrategy(Wait.forHttp('/health/ready', 8080))
      .start(),
    container('redis', 6379).start(),
    container('redis-results', 6379).start(),
    container('s3', 80)
      .withEnvironment({
        S3PROXY_ENDPOINT: 'http://0.0.0.0:80',
        S3PROXY_AUTHORIZATION: 'aws-v2-or-v4',
        S3PROXY_IDENTITY: S3_ACCESS.accessKeyId,
        S3PROXY_CREDENTIAL: S3_ACCESS.secretAccessKey,
        S3PROXY_IGNORE_UNKNOWN_HEADERS: 'true',
        JCLOUDS_PROVIDER: 'filesystem-nio2',
        JCLOUDS_FILESYSTEM_BASEDIR: '/data/objects',
      })
      .withWaitStrategy(Wait.forHttp('/', 80).forStatusCode(403))
      .start(),
    container('solr', 8983)
      .withCopyDirectoriesToContainer([
        { source: platformResource('solr', 'configset'), target: '/opt/fanlight/configset' },
      ])
      .withCommand(['solr-precreate', DEFAULT_SOLR_CORE, '/opt/fanlight/configset'])
      .withWaitStrategy(Wait.forHttp(`/solr/${DEFAULT_SOLR_CORE}/admin/ping`, 8983))
      .start(),
    container('sqs', 9324).withWaitStrategy(Wait.forHttp('/health', 9324)).start(),
  ] as const;
  const settled = await Promise.allSettled(starting);
  const stop = async (): Promise<void> => {
    const started = settled.filter((one) => one.status === 'fulfilled');
    await Promise.all(started.map(({ value }) => value.stop()));
  };
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const [kafka, registry, redis, redisResults, s3, solr, sqs] = await Promise.all(starting);
  return {
    addresses: {
      kafkaBrokers: [`${kafka.getHost()}:${kafkaPort}`],
      registryUrl: `http://${registry.getHost()}:${registry.getMappedPort(8080)}/apis/ccompat/v7`,
      redisUrl: `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`,
      sinkRedisUrl: `redis://${redisResults.getHost()}:${redisResults.getMappedPort(6379)}`,
      s3: { endpoint: `http://${s3.getHost()}:${s3.getMappedPort(80)}`, ...S3_ACCESS },
      solrUrl: `http://${solr.getHost()}:${solr.getMappedPort(8983)}/solr/${DEFAULT_SOLR_CORE}`,
      sqsEndpoint: `http://${sqs.getHost()}:${sqs.getMappedPort(9324)}`,
    },
    stop,
  };
}

function kafkaEnvironment(port: number): Record<string, string> {
  return {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_LISTENERS: 'INSIDE://:9092,OUTSIDE://:19092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: `INSIDE://localhost:9092,OUTSIDE://localhost:${port}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'INSIDE',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_MESSAGE_MAX_BYTES: '16777216',
    KAFKA_REPLICA_FETCH_MAX_BYTES: '16777216',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
    KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '8',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '4',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
  };
}
