import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { answersLine } from '../probes.js';
import type { Part } from './part.js';

/** Suffix of the binary's name in the artifact, by operating system and processor. */
const BINARIES: Readonly<Record<string, string>> = {
  'linux-x64': '-linux-amd64',
  'linux-arm64': '-linux-arm64',
  'darwin-x64': '-darwin-amd64',
  'darwin-arm64': '-darwin-arm64',
};

export const redis: Part = {
  name: 'redis',
  title: 'Redis',
  version: '6.2',
  ports: ['redis'],
  heapMb: 0,
  fetch: 'unpack',
  sources: [],

  async prepare(context) {
    return {
      kind: 'native',
      program: await redisServer(join(context.artifacts, 'lib')),
      args: [
        ...['--bind', '127.0.0.1', '--port', String(context.ports.redis), '--dir', context.dataDir],
        // An append-only file instead of snapshots: a crash loses the writes of one second at most.
        ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', '', '--daemonize', 'no'],
        ...['--maxmemory-policy', 'noeviction', '--loglevel', 'warning'],
      ],
    };
  },

  probe: (context) => answersLine(context.ports.redis, 'PING\r\n', '+PONG'),
};

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
