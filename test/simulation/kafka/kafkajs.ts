import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { compileFunction } from 'node:vm';
import type { Kafka, KafkaConfig } from 'kafkajs';
import { scheduleHere, simulation } from '../engine/virtual-system.js';
import { SimConnection, simProtocol } from './client-connection.js';

/**
 * Loads the source of kafkajs with virtual timers, dates and chance. Only two modules are replaced: the connection, and
 * the encoding of requests. Everything above them is the code that runs in production: consumer, runner, fetch manager,
 * offset manager, producer, admin, retries, cluster, metadata, brokers and connection pools.
 */
const nodeRequire = createRequire(import.meta.url);
const root = join(dirname(nodeRequire.resolve('kafkajs/package.json')), 'src');

/** Modules without time and chance. `errors` has to be the module of the product, which asks `instanceof`. */
const shared = /^(?:errors|constants|protocol\/.*|utils\/long|utils\/websiteUrl)\.js$/;

const replaced: Readonly<Record<string, unknown>> = {
  'network/connection.js': SimConnection,
  'protocol/requests/index.js': simProtocol,
};

class VirtualDate extends Date {
  constructor() {
    super(Math.floor(simulation().scheduler.now));
  }
  static override now(): number {
    return Math.floor(simulation().scheduler.now);
  }
}

const globals: Readonly<Record<string, unknown>> = {
  setTimeout: (task: () => void, delayMs = 0) => scheduleHere(delayMs, task),
  clearTimeout: (cancel: unknown) => {
    if (typeof cancel === 'function') cancel();
  },
  setInterval: undefined,
  Date: VirtualDate,
  Math: Object.assign(Object.create(Math) as object, { random: () => simulation().random() }),
  process: { env: {} },
};
const names = Object.keys(globals);
const values = Object.values(globals);

const modules = new Map<string, { exports: unknown }>();

function load(path: string): unknown {
  const name = relative(root, path);
  if (name in replaced) return replaced[name];
  if (shared.test(name)) return nodeRequire(path);
  const known = modules.get(path);
  if (known) return known.exports;
  const module = { exports: {} as unknown };
  modules.set(path, module);
  const parameters = ['require', 'module', 'exports', ...names];
  const body = compileFunction(readFileSync(path, 'utf8'), parameters, { filename: path }) as (
    ...given: readonly unknown[]
  ) => void;
  const from = createRequire(path);
  const require = (request: string) => (request.startsWith('.') ? load(from.resolve(request)) : from(request));
  body(require, module, module.exports, ...values);
  return module.exports;
}

const Client = load(join(root, 'index.js')) as new (config: KafkaConfig) => Kafka;

/** Creates a kafkajs client for the process whose code runs now. */
export function createSimKafka(config: Omit<KafkaConfig, 'brokers'>): Kafka {
  return new Client({ brokers: ['broker:9092'], ...config });
}
