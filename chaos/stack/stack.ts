import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf, localDefaults } from '../../local/addresses.js';
import type { Addresses } from '../../local/servers/platform.js';
import { prepareDeployment } from '../../processes/preparation.js';
import type { ServerName } from '../plan/targets.js';
import { Fleet } from './fleet.js';
import { startHookReceiver, type HookReceiver } from './hook-receiver.js';
import { openHttpProxy, type HttpProxy } from './http-proxy.js';
import { roleOfClient } from './kafka-client-id.js';
import { openLink, type Link } from './link.js';
import { startPhotoServer, type PhotoServer } from './photo-server.js';
import { startServers, type Servers } from './servers.js';

/** Real servers, proxies in front of them, and processes of Fanlight that know only the proxies. */
export interface Stack {
  readonly servers: Servers;
  readonly fleet: Fleet;
  /** Connections of Fanlight's processes to Kafka. Their labels are roles. */
  readonly kafka: Link;
  readonly http: Readonly<Record<'registry' | 's3' | 'solr', HttpProxy>>;
  readonly redis: Readonly<Record<'redis' | 'redis-results', Link>>;
  readonly photos: PhotoServer;
  readonly hooks: HookReceiver;
  /** Environment of the processes of Fanlight. */
  readonly environment: NodeJS.ProcessEnv;
  readonly logDir: string;
  close(): Promise<void>;
}

export interface StackOptions {
  /** Folder of the data and the logs. */
  readonly folder: string;
  readonly photos: readonly Buffer[];
  /** Further variables of the processes, such as `FANLIGHT_DELIVERY`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Short timeouts and batches: a schedule lasts some seconds. */
const quick = {
  FANLIGHT_LOG_LEVEL: 'info',
  FANLIGHT_SINK_S3_TIMEOUT_MS: '2000',
  FANLIGHT_SINK_LAKE_TIMEOUT_MS: '3000',
  FANLIGHT_SINK_LAKE_MAX_DELAY_MS: '1000',
  FANLIGHT_SINK_SOLR_TIMEOUT_MS: '2000',
  FANLIGHT_SINK_SOLR_MAX_DELAY_MS: '300',
  FANLIGHT_CALLBACK_TIMEOUT_MS: '3000',
  // Loaded before a worker is ready and lowers its priority. The photos themselves come from the output cache.
  FANLIGHT_PINNED_MODELS: 'moderation@1',
};

/** Opens everything. Closes again what is open when a part fails to open. */
export async function openStack(options: StackOptions): Promise<Stack> {
  const closings: (() => Promise<unknown>)[] = [];
  async function close(): Promise<void> {
    for (const closePart of closings.reverse()) await closePart();
  }
  async function opened<Part extends { close(): Promise<unknown> }>(opening: Promise<Part>): Promise<Part> {
    const part = await opening;
    closings.push(() => part.close());
    return part;
  }
  try {
    return { ...(await openParts(options, opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openParts(
  { folder, photos: files, variables }: StackOptions,
  opened: <Part extends { close(): Promise<unknown> }>(opening: Promise<Part>) => Promise<Part>,
): Promise<Omit<Stack, 'close'>> {
  const logDir = join(folder, 'logs');
  mkdirSync(logDir, { recursive: true });
  const servers = await opened(startServers({ dataDir: join(folder, 'data'), logDir }));
  const { addresses } = servers;
  const behind = (url: string) => Number(new URL(url).port);
  const [registry, s3, solr, redis, results, kafka] = await Promise.all([
    opened(openHttpProxy(behind(addresses.registryUrl))),
    opened(openHttpProxy(behind(addresses.s3.endpoint))),
    opened(openHttpProxy(behind(addresses.solrUrl))),
    opened(openLink({ target: behind(addresses.redisUrl) })),
    opened(openLink({ target: behind(addresses.sinkRedisUrl) })),
    opened(openLink({ port: servers.kafka.proxy, target: servers.kafka.listener, labelOf: roleOfClient })),
  ]);
  const [photos, hooks] = await Promise.all([opened(startPhotoServer(files)), opened(startHookReceiver())]);
  const proxied: Addresses = {
    ...addresses,
    kafkaBrokers: [`127.0.0.1:${kafka.port}`],
    registryUrl: withPort(addresses.registryUrl, registry.port),
    redisUrl: withPort(addresses.redisUrl, redis.port),
    sinkRedisUrl: withPort(addresses.sinkRedisUrl, results.port),
    s3: { ...addresses.s3, endpoint: withPort(addresses.s3.endpoint, s3.port) },
    solrUrl: withPort(addresses.solrUrl, solr.port),
  };
  const environment: NodeJS.ProcessEnv = {
    ...ownEnvironment(),
    ...localDefaults,
    ...environmentOf(proxied, {}),
    ...quick,
    FANLIGHT_FETCH_ALLOW: `127.0.0.1/32:${photos.port}`,
    FANLIGHT_CALLBACK_ALLOW: `127.0.0.1/32:${hooks.port}`,
    FANLIGHT_HTTP_PORT: '0',
    ...variables,
  };
  await prepareDeployment(environment);
  const fleet = await opened(Promise.resolve(new Fleet({ environment, logDir })));
  return {
    ...{ servers, fleet, kafka, photos, hooks, environment, logDir },
    http: { registry, s3, solr },
    redis: { redis, 'redis-results': results },
  };
}

/** The environment of this process, without settings of a deployment that the developer may have. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const given = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('FANLIGHT_') || name === 'FANLIGHT_CACHE_DIR',
  );
  return Object.fromEntries(given);
}

function withPort(url: string, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href.replace(/\/$/, '');
}

/** Whether the server has a proxy that speaks HTTP. */
export function isHttp(name: ServerName): name is 'registry' | 's3' | 'solr' {
  return name === 'registry' || name === 's3' || name === 'solr';
}
