/**
 * What may import what, as allow-lists: a folder, package or pair that is not listed here fails.
 * To add a folder, add a line to `folders`; to add a dependency, add a line to `packages`.
 */

/** Parts of jobs/ that an HTTP server may use: submission, queries, and the port of the part store. */
const jobsOfDoors = '(?:submission/(?!kafka-)|state/(?:job-states|job-status|remaining-work)[.]|results/part-store[.])';

/** Files at the root of the repository that configure tools. */
const rootFiles = '[^/]+$';

/**
 * Folder → what it may import of this repository besides itself (regular expressions from the root).
 * `types`: only by `import type`.
 */
const folders = {
  // Ground.
  schemas: { values: [], types: [] },
  primitives: { values: ['schemas/'], types: [] },
  // What is computed.
  processors: { values: ['schemas/', 'primitives/'], types: [] },
  models: { values: ['schemas/', 'primitives/'], types: ['processors/'] },
  topology: { values: ['schemas/', 'primitives/', 'processors/', 'models/'], types: [] },
  // Outside systems.
  adapters: { values: ['schemas/', 'primitives/'], types: ['processors/'] },
  sinks: { values: ['schemas/', 'primitives/', 'adapters/stores/', 'adapters/redis-connection[.]ts$'], types: [] },
  // Engine. An implementation of a port imports the port, never the other way round.
  runtime: {
    values: ['schemas/', 'primitives/', 'topology/'],
    types: ['processors/', 'sinks/sink[.]ts$'],
  },
  // Webhooks obey the rules of addresses that fetching obeys.
  jobs: { values: ['schemas/', 'primitives/', 'topology/', 'runtime/', 'adapters/(?:outbound|stores)/'], types: [] },
  // Doors.
  http: { values: ['schemas/', 'primitives/'], types: [] },
  gateway: {
    values: ['schemas/', 'primitives/', 'http/', `jobs/${jobsOfDoors}`],
    types: ['runtime/replies/request-reply[.]ts$'],
  },
  audit: {
    values: ['schemas/', 'primitives/', 'runtime/', 'sinks/catalogue[.]ts$', 'topology/groups[.]ts$'],
    types: ['topology/(?!groups[.]ts$)'],
  },
  // Composition roots, each on top of those before it.
  processes: {
    values: [
      ...['schemas/', 'primitives/', 'processors/', 'models/', 'adapters/', 'topology/', 'runtime/', 'sinks/', 'jobs/'],
      ...['http/', 'gateway/'],
    ],
    types: [],
  },
  // The supervisor starts the mains of processes/ as programs; local/ imports only the code that they share.
  local: {
    values: [
      'schemas/',
      'primitives/',
      'models/',
      'topology/',
      'runtime/',
      'sinks/catalogue[.]ts$',
      'processes/(?:[^/]+|worker/(?:groups|roles?))[.]ts$',
    ],
    types: [],
  },
  cli: {
    values: [
      ...['schemas/', 'primitives/', 'models/', 'topology/', 'runtime/', 'sinks/', 'jobs/', 'processes/', 'local/'],
      ...['audit/', 'adapters/s3-client[.]ts$', 'http/clients/', 'gateway/(?:limits[.]ts$|routes/)'],
      'processors/(?:fetch-image|operation)[.]ts$',
    ],
    types: ['processors/ports[.]ts$'],
  },
  // Programs that a developer runs by hand.
  training: { values: ['models/', 'schemas/', 'primitives/', 'processors/', 'adapters/', 'topology/'], types: [] },
  chaos: { values: ['(?!(?:test|bench)/)'], types: [] },
  bench: { values: ['(?!test/)'], types: [] },
  test: { values: [''], types: [] },
  scripts: { values: ['(?!(?:cli/(?!topology/)|bench|test)/)'], types: [] },
};

/** Sub-folders with rules of their own; the folder above does not apply to them. */
const exceptions = {
  // The servers know nothing of Fanlight. Servers and workers lower their priority by the same code.
  'local/servers': {
    values: ['schemas/', 'primitives/', 'processes/scheduling-priority[.]ts$'],
    types: [],
  },
};

/** npm package → the folders that may import it. `test` may import all of them. */
const packages = {
  '@aws-sdk/client-s3': ['adapters', 'sinks', 'jobs', 'cli/start', 'bench', 'chaos/oracle'],
  '@aws-sdk/client-sqs': ['jobs/callbacks'],
  '@smithy/node-http-handler': ['adapters', 'sinks', 'jobs/callbacks', 'bench'],
  '@hono/node-server': ['http'],
  '@julusian/jpeg-turbo': ['processors', 'training', 'bench'],
  '@kafkajs/confluent-schema-registry': ['runtime/kafka'],
  '@tensorflow/tfjs-backend-wasm': ['models/tfjs'],
  '@tensorflow/tfjs-converter': ['models/tfjs'],
  '@tensorflow/tfjs-core': ['models/tfjs'],
  avsc: ['runtime', 'sinks', 'bench', 'chaos/oracle'],
  'cli-progress': ['cli', 'local', 'bench', 'training'],
  'cli-table3': ['cli', 'local', 'bench', 'training/eval'],
  cockatiel: ['runtime', 'jobs/callbacks'],
  commander: ['cli', 'bench', 'training'],
  'file-type': ['processors', 'http'],
  fzstd: ['runtime/kafka/compression'],
  hono: ['http', 'gateway'],
  ioredis: ['adapters', 'jobs', 'http/clients', 'gateway/idempotency', 'processes', 'cli', 'bench', 'chaos/oracle'],
  'ipaddr.js': ['adapters'],
  // The oracle of chaos runs reads Kafka without the code that it judges.
  kafkajs: ['runtime/kafka', 'chaos/oracle'],
  'lz4-napi': ['runtime/kafka/compression'],
  'onnxruntime-node': ['models/onnx', 'training', 'bench'],
  'p-limit': ['adapters', 'sinks', 'runtime', 'jobs', 'local', 'bench', 'chaos/oracle'],
  picocolors: ['cli', 'local', 'bench', 'training'],
  pino: ['adapters', 'runtime', 'sinks', 'jobs', 'http', 'gateway', 'processes', 'bench', 'chaos/load'],
  'prom-client': ['adapters', 'models', 'runtime', 'sinks', 'jobs', 'http', 'gateway', 'processes', 'bench'],
  'rate-limiter-flexible': ['http/clients'],
  sharp: ['processors', 'training', 'bench', 'chaos/load'],
  snappy: ['runtime/kafka/compression'],
  standardwebhooks: ['jobs/callbacks'],
  undici: ['adapters', 'sinks', 'jobs/callbacks', 'bench'],
  zod: [
    ...['processors', 'models', 'adapters', 'topology', 'runtime', 'sinks', 'jobs', 'http', 'gateway', 'processes'],
    ...['cli', 'bench'],
  ],
};

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const inPackage = (names) => `(?:^|/)node_modules/(?:@types/)?(?:${names.map(escaped).join('|')})/`;
const anyPackage = '(?:^|/)node_modules/';
const hasOwnRules = Object.keys(exceptions).map((folder) => `^${folder}/`);

/** @returns {object[]} the rules of one folder */
function folderRules([folder, { values, types }]) {
  const name = folder.replace('/', '-');
  const from = { path: `^${folder}/`, ...(folder in exceptions ? {} : { pathNot: hasOwnRules }) };
  const allowed = [`${folder}/`, ...values];
  const rules = [
    {
      name: `${name}-imports`,
      comment: `${folder}/ may import ${[...values, ...types.map((path) => `${path} (types)`)].join(', ') || 'nothing'}.`,
      severity: 'error',
      from,
      to: {
        pathNot: [...[...allowed, ...types].map((path) => `^${path}`), anyPackage],
        dependencyTypesNot: ['core', 'unknown'],
      },
    },
  ];
  if (types.length === 0) return rules;
  return [
    ...rules,
    {
      name: `${name}-imports-types-only`,
      comment: `${folder}/ may import ${types.join(', ')} by "import type" only.`,
      severity: 'error',
      from,
      to: { path: types.map((path) => `^${path}`), dependencyTypesNot: ['type-only'] },
    },
  ];
}

function packageRule([name, homes]) {
  return {
    name: `home-of-${name}`,
    comment: `${name} may be imported in ${homes.join(', ')} only.`,
    severity: 'error',
    from: { pathNot: [...homes, 'test'].map((folder) => `^${folder}/`) },
    to: { path: inPackage([name]) },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(folders).map(folderRules).flat(),
    ...Object.entries(exceptions).map(folderRules).flat(),
    ...Object.entries(packages).map(packageRule),
    {
      name: 'listed-folders',
      comment: 'A new folder needs a line in `folders` of .dependency-cruiser.cjs.',
      severity: 'error',
      from: { pathNot: [...Object.keys(folders).map((folder) => `^${folder}/`), `^${rootFiles}`, anyPackage] },
      to: {},
    },
    {
      name: 'listed-packages',
      comment: 'A new dependency needs a line in `packages` of .dependency-cruiser.cjs.',
      severity: 'error',
      from: { pathNot: ['^test/', `^${rootFiles}`, anyPackage] },
      to: { path: anyPackage, pathNot: inPackage([...Object.keys(packages), 'node']), dependencyTypesNot: ['npm-dev'] },
    },
    {
      name: 'development-packages',
      comment: 'A devDependency is not installed where this code runs.',
      severity: 'error',
      from: { pathNot: ['^(?:test|bench|scripts|training)/', `^${rootFiles}`, anyPackage] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      comment: 'Modules that need each other are one module, or lack a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-orphans',
      comment: 'Nothing imports it and it imports nothing: forgotten, or an entry in a list is missing.',
      severity: 'error',
      from: { orphan: true, pathNot: [`^${rootFiles}`, '^(?:test|bench|chaos|scripts|training)/', '[.]d[.]ts$'] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: anyPackage },
    // `examples` are programs of others, who have their own packages.
    exclude: { path: '^(?:dist|coverage|docs|examples|[.][^/]+)/|(?:^|/)target/' },
    // Counts `import type`, which TypeScript removes.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'require', 'default'],
    },
  },
};
