import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withClient, type DeploymentClient } from '../../cli/client/deployment-client.js';
import { bringUp, type RunningDeployment } from '../../local/bring-up.js';
import { samplePhotos } from '../../cli/samples/sample-photos.js';
import { freePort } from './free-port.js';

// The AWS SDK otherwise warns about the version of Node on every run.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

export const say = (line: string) => process.stderr.write(`${line}\n`);

export interface BenchDeployment {
  readonly deployment: RunningDeployment;
  readonly client: DeploymentClient;
  /** Environment variables with which child programs find the servers. */
  readonly environment: NodeJS.ProcessEnv;
  /** Temporary folder, removed when `use` has ended. */
  readonly folder: string;
}

/** Runs `use` with its own servers and workers, on free ports, with their data in a temporary folder. */
export async function withDeployment<T>(
  extra: NodeJS.ProcessEnv,
  use: (bench: BenchDeployment) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'fanlight-bench-'));
  const given = { ...(await freeEnvironment(folder)), ...extra };
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort(new Error('stopped')));
  say(`starting everything in ${folder}`);
  const deployment = await bringUp({
    environment: given,
    signal: abort.signal,
    onPlatformProgress: () => undefined,
    onWorkerStarted: () => undefined,
    onNotice: say,
  });
  try {
    await deployment.complete;
    const environment = { ...given, ...deployment.record().environment };
    return await withClient('bench', environment, (client) => use({ deployment, client, environment, folder }));
  } finally {
    await deployment.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function freeEnvironment(folder: string): Promise<NodeJS.ProcessEnv> {
  const parts = ['KAFKA', 'KAFKA_CONTROLLER', 'REGISTRY', 'REDIS', 'SINK_REDIS', 'S3', 'SOLR'];
  return {
    ...process.env,
    ...Object.fromEntries(parts.map((part) => [`FANLIGHT_${part}_PORT`, '0'])),
    FANLIGHT_GATEWAY_PORT: String(await freePort()),
    FANLIGHT_STATE_DIR: join(folder, 'state'),
    FANLIGHT_KAFKA_BROKERS: '',
    FANLIGHT_LOG_LEVEL: 'warn',
    // A run sends the same photos several times, and a cached photo would cost no work.
    FANLIGHT_OUTPUT_CACHE_URL: 'off',
  };
}

/** Returns `count` photos: the JPEG files of the folder (default: the sample photos), repeated as often as needed. */
export function readPhotos(folder: string | undefined, count: number): Buffer[] {
  const files =
    folder === undefined
      ? samplePhotos().flatMap(({ source }) => (source.kind === 'file' ? [source.path] : []))
      : readdirSync(folder)
          .filter((name) => /\.jpe?g$/i.test(name))
          .sort()
          .map((name) => join(folder, name));
  if (files.length === 0) throw new Error(`no JPEG files in ${folder ?? 'the samples'}`);
  const photos = files.map((file) => readFileSync(file));
  return Array.from({ length: count }, (_, index) => photos[index % photos.length] as Buffer);
}
