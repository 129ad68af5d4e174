import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../local/servers/machine.js';
import { partsNamed } from '../../../local/servers/parts/all.js';
import { FREE_PORTS, portsFromEnv } from '../../../local/servers/port-numbers.js';
import { checkMachine, checkPorts, firstProblem, javaMajor } from '../../../local/servers/preflight.js';

const GIB = 1024 ** 3;

const fit: Machine = {
  output: async (command) => (command === 'java' ? 'openjdk version "17.0.15" 2025-04-15' : `${command} is here`),
  availableMemoryBytes: () => 8 * GIB,
  freeDiskBytes: async () => 80 * GIB,
  isPortFree: async () => true,
};

const without = (missing: string): Machine['output'] => {
  return async (command, args) => (command === missing ? undefined : fit.output(command, args));
};

const problems = async (machine: Partial<Machine>, toFetch: readonly 'kafka'[] = ['kafka']): Promise<string[]> => {
  const checks = await checkMachine({
    dataDir: '/data',
    ports: { ...FREE_PORTS, solr: 18983 },
    toFetch,
    machine: { ...fit, ...machine },
  });
  return checks.filter(({ status }) => status !== 'ok').map(({ status, message }) => `${status}: ${message}`);
};

describe('checkMachine', () => {
  it.each<[string, Partial<Machine>, readonly string[]]>([
    ['a machine that meets all needs', {}, []],
    [
      'no Java',
      { output: without('java') },
      [
        'failed: Java is missing ("java -version" does not run), and the servers need it: install a JDK 17 or newer, or set JAVA_HOME to one.',
      ],
    ],
    [
      'an old Java',
      { output: async () => 'java version "1.8.0_392"' },
      ['failed: Java is 8 ("java"), and the servers need 17: install a JDK 17 or newer, or set JAVA_HOME to one.'],
    ],
    [
      'a Java runtime without its compiler',
      { output: without('javac') },
      ['failed: Java 17 is only a runtime ("javac" does not run): install a JDK 17 or newer, or set JAVA_HOME to one.'],
    ],
    [
      'no Maven',
      { output: without('mvn') },
      [
        'failed: Maven is missing ("mvn -v" does not run), and it is needed to fetch the servers: install Maven 3.8 or newer.',
      ],
    ],
    [
      'little memory',
      { availableMemoryBytes: () => GIB / 2 },
      [
        'warning: Only 0.5 GiB of memory are available, and the servers need 2.0: end other programs, or start fewer parts.',
      ],
    ],
    [
      'a full disk for the data',
      { freeDiskBytes: async (path) => (path === '/data' ? GIB : 80 * GIB) },
      [
        'failed: Only 1.0 GiB are free for data in /data, and 2.0 are needed: make room there, or choose another data folder.',
      ],
    ],
    [
      'a taken port',
      { isPortFree: async () => false },
      [
        'failed: Solr cannot listen on 127.0.0.1:18983 because another process does: stop that process or set FANLIGHT_SOLR_PORT to a free port.',
      ],
    ],
  ])('reports %s', async (_name, machine, expected) => {
    process.env['JAVA_HOME'] = '';
    expect(await problems(machine)).toEqual(expected);
  });

  it('requires neither Maven nor a compiler once all artifacts are fetched', async () => {
    const output: Machine['output'] = async (command, args) =>
      command === 'java' ? fit.output(command, args) : undefined;
    expect(await problems({ output }, [])).toEqual([]);
  });
});

describe('checkPorts', () => {
  it('reports every taken port of a part with its variable', async () => {
    const checks = await checkPorts(partsNamed(['kafka']), portsFromEnv({}), { ...fit, isPortFree: async () => false });
    expect(checks.map(({ id, message }) => [id, /set (\w+)/.exec(message)?.[1]])).toEqual([
      ['port-kafka', 'FANLIGHT_KAFKA_PORT'],
      ['port-kafkaController', 'FANLIGHT_KAFKA_CONTROLLER_PORT'],
    ]);
    expect(firstProblem(checks)?.message).toContain('127.0.0.1:19092');
  });
});

describe('portsFromEnv', () => {
  it('gives the controller the port after the broker', () => {
    expect(portsFromEnv({ FANLIGHT_KAFKA_PORT: '29092' })).toMatchObject({ kafka: 29092, kafkaController: 29093 });
    expect(portsFromEnv({ FANLIGHT_REDIS_PORT: '26379' })).toMatchObject({ redis: 26379, redisResults: 26380 });
    expect(portsFromEnv({ FANLIGHT_REDIS_PORT: '0' })).toMatchObject({ redis: 0, redisResults: 0 });
    const both = { FANLIGHT_REDIS_PORT: '26379', FANLIGHT_SINK_REDIS_PORT: '7000' };
    expect(portsFromEnv(both)).toMatchObject({ redis: 26379, redisResults: 7000 });
  });

  it('rejects a value that is not a port', () => {
    expect(() => portsFromEnv({ FANLIGHT_S3_PORT: '70000' })).toThrow(
      'FANLIGHT_S3_PORT is "70000", which is not a port: set it to a number from 0 to 65535.',
    );
  });
});

describe('javaMajor', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', 17],
    ['openjdk version "21" 2023-09-19', 21],
    ['java version "1.8.0_392"', 8],
    ['The operation could not be completed', undefined],
  ])('parses %s', (text, expected) => {
    expect(javaMajor(text)).toBe(expected);
  });
});
