import { cacheDir, missingArtifacts } from './artifacts/artifacts.js';
import { javaTool } from './java.js';
import { thisMachine, type Machine } from './machine.js';
import { DEFAULT_PARTS, partsNamed } from './parts/all.js';
import type { Part, PartName } from './parts/part.js';
import { portsFromEnv, portSpec, type PortNumbers } from './port-numbers.js';

export interface Check {
  readonly id: string;
  readonly status: 'ok' | 'warning' | 'failed';
  /** One sentence: the finding; for a warning or failure also the place and the remedy. */
  readonly message: string;
}

export interface CheckOptions {
  readonly parts?: readonly PartName[];
  readonly ports?: Partial<PortNumbers>;
  /** Data folder of the platform; its free space is checked. */
  readonly dataDir: string;
  readonly machine?: Machine;
  /** Parts whose artifacts must still be fetched. Default: those that are not in the cache. */
  readonly toFetch?: readonly PartName[];
}

const GIB = 1024 ** 3;
export const NEEDED_MEMORY_BYTES = 2 * GIB;
export const NEEDED_DISK_BYTES = 2 * GIB;
const NEEDED_JAVA = 17;

/** Checks everything that can prevent a start of the platform. A missing tool is a failed check, not a rejection. */
export async function checkMachine(options: CheckOptions): Promise<Check[]> {
  const machine = options.machine ?? thisMachine;
  const parts = partsNamed(options.parts ?? DEFAULT_PARTS);
  const toFetch = options.toFetch ?? (await missingArtifacts(parts)).map((part) => part.name);
  const ports = { ...portsFromEnv(), ...options.ports };
  const onJava = parts.some((part) => part.heapMb > 0);
  const checks = [
    checkMemory(machine),
    checkDisk(machine, DATA_DISK, options.dataDir),
    checkPorts(parts, ports, machine),
  ];
  if (onJava) checks.unshift(checkJava(machine, toFetch.length > 0));
  if (toFetch.length > 0) checks.push(checkMaven(machine), checkDisk(machine, CACHE_DISK, cacheDir()));
  return (await Promise.all(checks)).flat();
}

/** Returns the first failed check, which prevents a start. */
export function firstProblem(checks: readonly Check[]): Check | undefined {
  return checks.find((check) => check.status === 'failed');
}

/** Checks whether the fixed ports of the parts are free; 0 needs no check. */
export async function checkPorts(
  parts: readonly Part[],
  ports: PortNumbers,
  machine: Machine = thisMachine,
): Promise<Check[]> {
  const wanted = parts.flatMap((part) => part.ports.map((name) => ({ part, spec: portSpec(name), port: ports[name] })));
  return Promise.all(
    wanted
      .filter(({ port }) => port !== 0)
      .map(async ({ part, spec, port }): Promise<Check> => {
        const id = `port-${spec.name}`;
        if (await machine.isPortFree(port))
          return { id, status: 'ok', message: `Port ${port} (${part.title}) is free.` };
        return {
          id,
          status: 'failed',
          message:
            `${part.title} cannot listen on 127.0.0.1:${port} because another process does: ` +
            `stop that process or set ${spec.env} to a free port.`,
        };
      }),
  );
}

async function checkJava(machine: Machine, compiles: boolean): Promise<Check[]> {
  const found = await machine.output(javaTool('java'), ['-version']);
  const install = `install a JDK ${NEEDED_JAVA} or newer, or set JAVA_HOME to one`;
  if (found === undefined) {
    const message = `Java is missing ("${javaTool('java')} -version" does not run), and the servers need it: ${install}.`;
    return [{ id: 'java', status: 'failed', message }];
  }
  const version = javaMajor(found);
  if (version === undefined || version < NEEDED_JAVA) {
    const seen = version === undefined ? 'of an unknown version' : String(version);
    const message = `Java is ${seen} ("${javaTool('java')}"), and the servers need ${NEEDED_JAVA}: ${install}.`;
    return [{ id: 'java', status: 'failed', message }];
  }
  if (compiles && (await machine.output(javaTool('javac'), ['-version'])) === undefined) {
    const message = `Java ${version} is only a runtime ("${javaTool('javac')}" does not run): ${install}.`;
    return [{ id: 'java', status: 'failed', message }];
  }
  return [{ id: 'java', status: 'ok', message: `Java ${version} is installed.` }];
}

/** Returns 17 for `openjdk version "17.0.15"`, 8 for `java version "1.8.0_392"`. */
export function javaMajor(text: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(text);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

async function checkMaven(machine: Machine): Promise<Check[]> {
  if ((await machine.output('mvn', ['-v'])) !== undefined) {
    return [{ id: 'maven', status: 'ok', message: 'Maven is installed.' }];
  }
  const message =
    'Maven is missing ("mvn -v" does not run), and it is needed to fetch the servers: install Maven 3.8 or newer.';
  return [{ id: 'maven', status: 'failed', message }];
}

async function checkMemory(machine: Machine): Promise<Check[]> {
  const available = machine.availableMemoryBytes();
  const found = `${gib(available)} GiB of memory are available`;
  if (available >= NEEDED_MEMORY_BYTES) return [{ id: 'memory', status: 'ok', message: `${found}.` }];
  const message = `Only ${found}, and the servers need ${gib(NEEDED_MEMORY_BYTES)}: end other programs, or start fewer parts.`;
  // Only a warning, because the system may free memory of caches.
  return [{ id: 'memory', status: 'warning', message }];
}

interface Disk {
  readonly id: string;
  readonly what: string;
  readonly remedy: string;
}

const DATA_DISK: Disk = { id: 'disk', what: 'data', remedy: 'choose another data folder' };
const CACHE_DISK: Disk = {
  id: 'cache-disk',
  what: 'downloads',
  remedy: 'set FANLIGHT_CACHE_DIR to another folder',
};

async function checkDisk(machine: Machine, { id, what, remedy }: Disk, path: string): Promise<Check[]> {
  const free = await machine.freeDiskBytes(path);
  const found = `${gib(free)} GiB are free for ${what} in ${path}`;
  if (free >= NEEDED_DISK_BYTES) return [{ id, status: 'ok', message: `${found}.` }];
  const message = `Only ${found}, and ${gib(NEEDED_DISK_BYTES)} are needed: make room there, or ${remedy}.`;
  return [{ id, status: 'failed', message }];
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}
