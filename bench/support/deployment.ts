import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withClient, type Client } from '../../cli/client/open-client.js';
import { bringUp, type RunningDeployment } from '../../local/bring-up.js';
import { samplePhotos } from '../../cli/samples/sample-photos.js';
import { freePort } from './free-port.js';

// Notes to developers that a reader of figures can do nothing about.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

export const say = (line: string) => process.stderr.write(`${line}\n`);

export interface BenchDeployment {
  readonly deployment: RunningDeployment;
  readonly client: Client;
  /** By which child programs find everything. */
  readonly environment: NodeJS.ProcessEnv;
  /** Temporary, removed afterwards. */
  readonly folder: string;
}

/** Servers and workers of their own, on free ports, with data in a temporary folder that is removed afterwards. */
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
  const parts = ['KAFKA', 'KAFKA_CONTROLLER', 'REGISTRY', 'REDIS', 'S3', 'SOLR'];
  return {
    ...process.env,
    ...Object.fromEntries(parts.map((part) => [`FANLIGHT_${part}_PORT`, '0'])),
    FANLIGHT_GATEWAY_PORT: String(await freePort()),
    FANLIGHT_STATE_DIR: join(folder, 'state'),
    FANLIGHT_KAFKA_BROKERS: '',
    FANLIGHT_LOG_LEVEL: 'warn',
    // Photos come several times in a run, and every one should be work.
    FANLIGHT_OUTPUT_CACHE_URL: 'off',
  };
}

/** So many photos: the JPEG files of the folder, or the samples, over and over. */
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
