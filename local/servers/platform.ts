import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ensureArtifacts } from './artifacts/artifacts.js';
import { ensureClassArchives } from './artifacts/class-archive.js';
import { messageOf, PlatformError } from './errors.js';
import { stepReporter, type OnProgress } from './events.js';
import { javaVersionText } from './java.js';
import { tellingLines } from './log-tail.js';
import { platformResource } from './resources.js';
import { DEFAULT_PARTS, partsNamed } from './parts/all.js';
import type { KafkaSettings, Part, PartContext, PartName, SolrChoice } from './parts/part.js';
import { S3_ACCESS } from './parts/s3.js';
import { portsFromEnv, resolvePorts, type PortNumbers } from './port-numbers.js';
import { checkPorts, firstProblem } from './preflight.js';
import { describeExit, type ProcessExit, type RunningProcess } from './process.js';
import { runPart } from './part-process.js';

export interface PlatformOptions {
  /** Folder in which the servers keep their data between starts, one sub-folder each. */
  readonly dataDir: string;
  /** Ports; 0 for a free port. Default: `portsFromEnv()`. */
  readonly ports?: Partial<PortNumbers>;
  /** Default: all parts that are not optional. */
  readonly parts?: readonly PartName[];
  /** Folder of the log files, one `<part>.log` each, which are appended to. Default: `<dataDir>/logs`. */
  readonly logDir?: string;
  /** Maximum heap per part in MiB. */
  readonly heapMb?: Partial<Record<PartName, number>>;
  readonly solr?: Partial<SolrChoice>;
  /** Settings of the broker that replace those of the part, such as further listeners. */
  readonly kafkaSettings?: KafkaSettings;
  readonly onProgress?: OnProgress;
  /** Called when a part exits unexpectedly; the others keep running. */
  readonly onExit?: (exit: PartExit) => void;
  /** Aborts a start in progress and stops the parts that already run. */
  readonly signal?: AbortSignal;
}

export interface PartExit {
  readonly part: PartName;
  readonly exit: ProcessExit;
  readonly logTail: readonly string[];
  /** One sentence with the facts above. */
  readonly message: string;
}

export interface Addresses {
  readonly kafkaBrokers: readonly string[];
  /** Base URL of the Confluent-compatible API, including `/apis/ccompat/v7`. */
  readonly registryUrl: string;
  readonly redisUrl: string;
  /** Redis of the sink `redis`. */
  readonly sinkRedisUrl: string;
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  /** Base URL of the core, `…/solr/<core>`. */
  readonly solrUrl: string;
  /** Base URL of the API, with which the URLs of queues begin. */
  readonly sqsEndpoint: string;
}

export interface Platform {
  /** Addresses of all parts, including parts that were not requested and do not run. */
  readonly addresses: Addresses;
  readonly ports: PortNumbers;
  readonly pids: Readonly<Partial<Record<PartName, number>>>;
  /** Stops all parts at the same time: SIGTERM, and SIGKILL after 4 s. Keeps the data. May be called repeatedly. */
  stop(): Promise<void>;
}

export const DEFAULT_SOLR_CORE = 'listing-photos';
const STOP_TIMEOUT_MS = 4_000;
const READY_TIMEOUT_MS = 120_000;

/**
 * Starts the servers that Fanlight needs as ordinary processes on the loopback address. Fetches servers that are not in
 * the cache first. The servers end with this process, also when it is killed.
 *
 * @throws PlatformError after it has stopped all servers
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const parts = partsNamed(options.parts ?? DEFAULT_PARTS);
  const onProgress = options.onProgress ?? (() => undefined);
  const wanted = { ...portsFromEnv(), ...options.ports };
  const problem = firstProblem(await checkPorts(parts, wanted));
  if (problem !== undefined) throw new PlatformError('machine-unfit', problem.message, false);

  const artifacts = await ensureArtifacts(parts, onProgress);
  const solr = {
    core: options.solr?.core ?? DEFAULT_SOLR_CORE,
    configset: resolve(options.solr?.configset ?? platformResource('solr', 'configset')),
  };
  const base = (part: Part): Omit<PartContext, 'ports' | 'dataDir'> => ({
    artifacts: artifacts.get(part.name) ?? '',
    heapMb: options.heapMb?.[part.name] ?? part.heapMb,
    solr,
    kafkaSettings: options.kafkaSettings ?? {},
  });
  const javaVersion = parts.some((part) => part.heapMb > 0) ? await javaVersionText() : '';
  const archives = await ensureClassArchives(parts, base, javaVersion, onProgress);
  options.signal?.throwIfAborted();

  const ports = await resolvePorts(wanted);
  const dataDir = resolve(options.dataDir);
  const logDir = resolve(options.logDir ?? join(dataDir, 'logs'));
  const abort = new AbortController();
  const signal = options.signal === undefined ? abort.signal : AbortSignal.any([abort.signal, options.signal]);
  const report = stepReporter({ step: 'start', total: parts.length, onProgress });

  const start = (part: Part): Promise<RunningProcess> =>
    report(part, async () => {
      const own = { ...base(part), ports, dataDir: join(dataDir, part.name) };
      await mkdir(own.dataDir, { recursive: true });
      const archive = archives.get(part.name);
      return runPart(part, own, {
        logFile: join(logDir, `${part.name}.log`),
        jvmArgs: archive === undefined ? [] : ['-Xshare:auto', `-XX:SharedArchiveFile=${archive}`],
        stopTimeoutMs: STOP_TIMEOUT_MS,
        readyTimeoutMs: READY_TIMEOUT_MS,
        signal,
      });
    });

  const running = await allOrNone(parts, start, abort);
  for (const [part, child] of running) watch(part, child, options.onExit);
  return {
    addresses: addressesOf(ports, solr.core),
    ports,
    pids: Object.fromEntries([...running].map(([part, child]) => [part.name, child.pid])),
    async stop() {
      await Promise.all([...running.values()].map((child) => child.stop()));
    },
  };
}

async function allOrNone(
  parts: readonly Part[],
  start: (part: Part) => Promise<RunningProcess>,
  abort: AbortController,
): Promise<Map<Part, RunningProcess>> {
  const running = new Map<Part, RunningProcess>();
  const failures: unknown[] = [];
  await Promise.all(
    parts.map(async (part) => {
      try {
        running.set(part, await start(part));
      } catch (error) {
        failures.push(error);
        abort.abort(error);
      }
    }),
  );
  if (failures.length === 0) return running;
  await Promise.all([...running.values()].map((child) => child.stop()));
  const [first] = failures;
  if (!(first instanceof PlatformError)) throw first;
  throw new PlatformError('part-start-failed', messageOf(first), first.retryable, { cause: first });
}

function watch(part: Part, child: RunningProcess, onExit: PlatformOptions['onExit']): void {
  void child.exited.then(async (exit) => {
    if (exit.asked || onExit === undefined) return;
    const logTail = await child.logTail(40);
    const said = tellingLines(logTail, 3).join(' | ');
    const message =
      `${part.title} exited unexpectedly (${describeExit(exit)}); ` +
      `${said === '' ? 'it logged nothing' : `its log ends with: ${said}`} (whole log: ${child.logFile}).`;
    onExit({ part: part.name, exit, logTail, message });
  });
}

function addressesOf(ports: PortNumbers, solrCore: string): Addresses {
  return {
    kafkaBrokers: [`127.0.0.1:${ports.kafka}`],
    registryUrl: `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`,
    redisUrl: `redis://127.0.0.1:${ports.redis}`,
    sinkRedisUrl: `redis://127.0.0.1:${ports.redisResults}`,
    s3: { endpoint: `http://127.0.0.1:${ports.s3}`, ...S3_ACCESS },
    solrUrl: `http://127.0.0.1:${ports.solr}/solr/${solrCore}`,
    sqsEndpoint: `http://127.0.0.1:${ports.sqs}`,
  };
}
