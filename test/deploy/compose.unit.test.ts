import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { composeImages } from '../support/containers.js';
import { roleNames } from '../../processes/worker/roles.js';
import { fanlightTopology } from '../../topology/main.js';
import { packageRoot } from '../../primitives/package-root.js';
import { PARTS } from '../../local/servers/parts/all.js';
import { PORTS } from '../../local/servers/port-numbers.js';
import { S3_ACCESS } from '../../local/servers/parts/s3.js';

const read = (...path: readonly string[]): string => readFileSync(join(packageRoot(), ...path), 'utf8');
const composition: unknown = parse(read('docker-compose.yml'), { merge: true });

/** Returns null if the file conforms to the Compose specification, else the errors. */
function problemsOf(file: unknown): unknown {
  const schema = z
    .record(z.string(), z.unknown())
    .parse(JSON.parse(read('test/deploy/vendor/compose-spec.schema.json')));
  // Ajv knows draft 7 only under its http URL, and does not know the formats that the schema mentions.
  const validate = new Ajv({ strict: false, validateFormats: false }).compile({
    ...schema,
    $schema: 'http://json-schema.org/draft-07/schema#',
  });
  validate(file);
  return validate.errors ?? null;
}

const service = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string() })).default({}),
});
const { services } = z.object({ services: z.record(z.string(), service) }).parse(composition);
const servers = ['kafka', 'registry', 'redis', 'redis-results', 's3', 'solr', 'sqs'];
const workers = Object.entries(services).filter(([name]) => ![...servers, 'prepare'].includes(name));

describe('docker-compose.yml', () => {
  it('conforms to the Compose specification', () => {
    expect(problemsOf(composition)).toEqual(null);
  });

  it('does not conform to the Compose specification with a misspelt key', () => {
    expect(problemsOf({ services: { a: { image: 'a', healthchek: {} } } })).not.toEqual(null);
  });

  it('has one service per server and worker role', () => {
    expect(Object.keys(services)).toEqual([
      ...servers,
      'prepare',
      'gateway',
      ...roleNames(fanlightTopology('staged', [])),
    ]);
  });

  it.each(workers)('runs %s with its own command, hardened, after the servers that it needs', (name, worker) => {
    expect(worker).toMatchObject({
      command: name === 'gateway' ? ['gateway'] : ['worker', name, '--lanes', 'realtime,bulk,backfill'],
      read_only: true,
      tmpfs: ['/tmp'],
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      restart: 'unless-stopped',
      stop_grace_period: '15s',
      build: { dockerfile: 'deploy/docker/Dockerfile' },
      healthcheck: { test: ['CMD', 'node', '-e', expect.stringContaining('/healthz')] },
    });
    expect(worker['mem_limit']).toMatch(/^\d+[mg]$/);
    expect(Object.keys(worker.depends_on)).toEqual(expect.arrayContaining(['kafka', 'registry']));
    for (const [other, { condition }] of Object.entries(worker.depends_on)) {
      expect(condition).toBe(other === 'prepare' ? 'service_completed_successfully' : 'service_healthy');
    }
    const stores: Readonly<Record<string, string>> = {
      ...{ 'sink-s3': 's3', 'sink-lake': 's3', 'sink-solr': 'solr', 'sink-redis': 'redis-results' },
    };
    const needed = stores[name];
    if (needed !== undefined) expect(Object.keys(worker.depends_on)).toContain(needed);
  });

  it('pins every image to the version of the local platform', async () => {
    const images = await composeImages();
    for (const image of Object.values(images)) expect(image).toMatch(/:[\w.-]*\d+\.\d+\.\d+[\w.-]*$/);
    for (const { name, version } of PARTS) {
      // Maven has binaries only of an older Redis; both support the commands that Fanlight uses.
      if (!name.startsWith('redis')) expect(images[name]).toContain(version);
    }
  });

  it('publishes the ports of the local platform, on the loopback address only', () => {
    const published = servers.flatMap((name) => services[name]?.ports ?? []);
    const defaults = PORTS.filter(({ name }) => name !== 'kafkaController').map((port) => String(port.default));
    expect(published.map((port) => port.split(':')[1])).toEqual(defaults);
    for (const { ports } of Object.values(services)) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('keeps results in another Redis than keys, limits and jobs, both with an upper bound of memory', () => {
    expect(services['sink-redis']?.environment).toMatchObject({
      FANLIGHT_REDIS_URL: 'redis://redis:6379',
      FANLIGHT_SINK_REDIS_URL: 'redis://redis-results:6379',
    });
    for (const name of ['redis', 'redis-results']) {
      const server = services[name];
      expect(server?.command?.join(' ')).toMatch(/--appendonly yes .*--maxmemory 384mb --maxmemory-policy noeviction/);
      expect(server?.volumes).toEqual([`${name}-data:/data`]);
    }
  });

  it('uses the S3 credentials of the local platform for the store and the workers', () => {
    expect(services['s3']?.environment).toMatchObject({
      S3PROXY_IDENTITY: S3_ACCESS.accessKeyId,
      S3PROXY_CREDENTIAL: S3_ACCESS.secretAccessKey,
    });
    expect(services['fetch']?.environment).toMatchObject({
      FANLIGHT_S3_REGION: S3_ACCESS.region,
      FANLIGHT_S3_ACCESS_KEY_ID: S3_ACCESS.accessKeyId,
      FANLIGHT_S3_SECRET_ACCESS_KEY: S3_ACCESS.secretAccessKey,
    });
  });
});

describe('docker-compose.gpu.yml', () => {
  const override: unknown = parse(read('docker-compose.gpu.yml'));

  it('conforms to the Compose specification', () => {
    expect(problemsOf(override)).toEqual(null);
  });

  it('gives only the stage that runs models one GPU and the GPU image', () => {
    expect(override).toEqual({
      services: {
        infer: {
          image: 'fanlight:gpu',
          build: { context: '.', dockerfile: 'deploy/docker/Dockerfile.gpu' },
          mem_limit: expect.stringMatching(/^\d+g$/),
          environment: { FANLIGHT_DEVICE: 'cuda', FANLIGHT_PINNED_MODELS: 'default-pipeline' },
          deploy: { resources: { reservations: { devices: [{ driver: 'nvidia', count: 1, capabilities: ['gpu'] }] } } },
        },
      },
    });
  });
});

describe.each([
  ['Dockerfile', /^FROM node:\d+\.\d+\.\d+-bookworm-slim( AS \w+)?$/, 'USER node'],
  // The default user of Ubuntu's images, by number, because its name differs from that of Node's images.
  ['Dockerfile.gpu', /^FROM (?:node:\d+\.\d+\.\d+-bookworm-slim|nvidia\/cuda:\$\{CUDA\})( AS \w+)?$/, 'USER 1000:1000'],
])('%s', (file, base, user) => {
  const instructions = read('deploy', 'docker', file)
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const final = instructions.slice(instructions.findLastIndex((line) => line.startsWith('FROM ')));
  const last = (word: string): string | undefined => final.findLast((line) => line.startsWith(`${word} `));

  it('pins its base images to a patch version', () => {
    for (const from of instructions.filter((line) => line.startsWith('FROM '))) {
      expect(from).toMatch(base);
    }
    for (const version of instructions.filter((line) => line.startsWith('ARG '))) {
      expect(version).toMatch(/^ARG CUDA=\d+\.\d+\.\d+-cudnn-runtime-ubuntu\d+\.04$/);
    }
  });

  it('installs packages before it copies the sources, so that Docker reuses the layer', () => {
    const install = instructions.findIndex((line) => line.includes('npm ci'));
    expect(install).toBeGreaterThan(-1);
    expect(install).toBeLessThan(instructions.indexOf('COPY . .'));
  });

  it('runs as an unprivileged user, with a health check and the compiled command as entry point', () => {
    expect(last('USER')).toBe(user);
    expect(last('HEALTHCHECK')).toContain('/healthz');
    expect(last('ENTRYPOINT')).toBe('ENTRYPOINT ["node", "dist/cli/main.js"]');
    expect(final.some((line) => line.startsWith('RUN ') || line.startsWith('ADD '))).toBe(false);
  });
});
