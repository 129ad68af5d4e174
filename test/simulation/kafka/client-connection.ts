import type { SimProcess } from '../engine/process.js';
import { simulation } from '../engine/virtual-system.js';
import type { Connection, KafkaClient } from './connection.js';

interface Definition {
  readonly api: string;
  readonly versions: readonly string[];
  protocol(): (request: unknown) => ProtocolRequest;
}

interface ProtocolRequest {
  readonly request: { readonly apiKey: number; readonly api: string; readonly payload: unknown };
  /** Milliseconds; null: that of the connection. */
  readonly requestTimeout: number | null;
}

/** Time (ms) that kafkajs adds to requests that wait at the broker. */
const networkDelayMs = 5_000;
const fetchKey = 1;

/** Replaces `protocol/requests`: a request stays an object, where kafkajs encodes it. */
export const simProtocol = {
  requests: new Proxy({}, { get: (_, name) => definition(String(name)) }),
  lookup:
    () =>
    (_apiKey: number, { protocol }: Definition) =>
      protocol(),
};

function definition(name: string): Definition {
  const api = name === 'GroupCoordinator' ? 'findGroupCoordinator' : `${name[0]?.toLowerCase()}${name.slice(1)}`;
  const protocol = () => (payload: unknown) => ({
    request: { apiKey: api === 'fetch' ? fetchKey : 0, api, payload },
    requestTimeout: waitOf(api, payload),
  });
  return { api, versions: ['0'], protocol };
}

function waitOf(api: string, payload: unknown): number | null {
  const { maxWaitTime = 0, rebalanceTimeout = 0 } = (payload ?? {}) as Record<string, number | undefined>;
  if (api === 'fetch') return maxWaitTime + networkDelayMs;
  return api === 'joinGroup' ? rebalanceTimeout + networkDelayMs : null;
}

interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  /** Each kafkajs client has its own. */
  readonly instrumentationEmitter: object;
}

function newClient(owner: SimProcess | undefined): KafkaClient {
  return { owner, joined: undefined, membership: '', outsideSince: undefined };
}

const clients = new WeakMap<object, KafkaClient>();

/** Replaces the class `network/connection.js` of kafkajs. */
export class SimConnection {
  readonly host: string;
  readonly port: number;
  readonly #options: ConnectionOptions;
  readonly #client: KafkaClient;
  #connection: Connection | undefined;

  constructor(options: ConnectionOptions) {
    const { host, port, instrumentationEmitter } = options;
    this.host = host;
    this.port = port;
    this.#options = options;
    const owner = simulation().scheduler.current;
    this.#client = clients.get(instrumentationEmitter) ?? newClient(owner);
    clients.set(instrumentationEmitter, this.#client);
  }

  isConnected(): boolean {
    return this.#connection?.open === true;
  }

  async connect(): Promise<void> {
    if (this.isConnected()) return;
    this.#connection = await simulation().kafka.connect(this.#client, this.#options.connectionTimeout);
  }

  async disconnect(): Promise<void> {
    await this.#connection?.close();
  }

  send({ request: { api, payload }, requestTimeout }: ProtocolRequest): Promise<unknown> {
    if (this.#connection === undefined) return Promise.reject(new Error(`${api} before the connection`));
    const timeoutMs = Math.max(this.#options.requestTimeout, requestTimeout ?? 0);
    return this.#connection.send({ api, request: payload }, timeoutMs);
  }

  getSupportAuthenticationProtocol = () => false;
  setSupportAuthenticationProtocol = () => undefined;
  setVersions = () => undefined;
  isAuthenticated = () => true;
  authenticate = () => Promise.resolve();
}
