import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { answersLine } from '../probes.js';
import type { PortName } from '../port-numbers.js';
import type { Part, PartName } from './part.js';

/** Suffix of the binary's name in the artifact, by operating system and processor. */
const BINARIES: Readonly<Record<string, string>> = {
  'linux-x64': '-linux-amd64',
  'linux-arm64': '-linux-arm64',
  'darwin-x64': '-darwin-amd64',
  'darwin-arm64': '-darwin-arm64',
};

/** Redis of the system: keys, limits, kept answers, jobs, and up to 20,000 photos of the output cache (15 kB each). */
export const redis = redisPart({ name: 'redis', title: 'Redis', port: 'redis', maxMemory: '512mb' });

/** Redis of the sink `redis`: about 4 kB for each photo. */
export const redisResults = redisPart({
  ...{ name: 'redis-results', title: 'Redis for results', port: 'redisResults', maxMemory: '1gb' },
});

interface RedisOptions {
  readonly name: PartName;
  readonly title: string;
  readonly port: PortName;
  /** A full Redis refuses writes. Without this bound it would take the memory of the whole machine. */
  readonly maxMemory: string;
}

function redisPart({ name, title, port, maxMemory }: RedisOptions): Part {
  return {
    name,
    title,
    version: '6.2',
    ports: [port],
    heapMb: 0,
    artifact: 'redis',
    fetch: 'unpack',
    sources: [],

    async prepare(context) {
      return {
        kind: 'native',
        program: await redisServer(join(context.artifacts, 'lib')),
        args: [
          ...['--bind', '127.0.0.1', '--port', String(context.ports[port]), '--dir', context.dataDir],
          // An append-only file instead of snapshots: a crash loses the writes of one second at most.
          ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--daemonize', 'no'],
          ...['--maxmemory', maxMemory, '--maxmemory-policy', 'noeviction', '--loglevel', 'warning'],
        ],
      };
    },

    probe: (context) => answersLine(context.ports[port], 'PING\r\n', '+PONG'),
  };
}

/** Returns the binary for this operating system and processor, else `redis-server` from the PATH. */
export async function redisServer(folder: string, system = `${process.platform}-${process.arch}`): Promise<string> {
  const ending = BINARIES[system];
  if (ending === undefined) return 'redis-server';
  const name = (await namesIn(folder)).find((candidate) => candidate.endsWith(ending));
  if (name === undefined) return 'redis-server';
  const program = join(folder, name);
  await chmod(program, 0o755);
  return program;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
