import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import type { Network } from '../engine/network.js';
import type { SimProcess } from '../engine/process.js';
import type { Scheduler } from '../engine/scheduler.js';

/** One kafkajs consumer, producer or admin client, as the broker sees it. */
export interface KafkaClient {
  readonly owner: SimProcess | undefined;
  /** The group that it has joined with its last member id. */
  joined: { readonly group: string; readonly memberId: string } | undefined;
  /** The last member and generation that it was in its group. */
  membership: string;
  /** Virtual time (epoch ms) since which it fetches without being a member of its group. */
  outsideSince: number | undefined;
}

export type Respond = (outcome: { readonly answer: unknown } | { readonly error: Error }) => void;
export type Receive = (connection: Connection, call: Call, respond: Respond) => void;

export interface Call {
  readonly api: string;
  readonly request: unknown;
}

interface ConnectionOptions {
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly receive: Receive;
  /** Called when an answer has reached a process that lives and still waits for it. */
  onAnswer(call: Call): void;
}

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly cancelTimeout: () => void;
}

/** The types of kafkajs leave it out. */
const { KafkaJSConnectionClosedError } = createRequire(import.meta.url)('kafkajs/src/errors') as {
  readonly KafkaJSConnectionClosedError: new (message: string, where: object) => Error;
};

const where = { host: 'broker', port: 9092 };

/** One TCP connection, with the timeouts of kafkajs (`network/connection.js`, `network/requestQueue`). */
export class Connection {
  open = true;
  readonly client: KafkaClient;
  readonly #scheduler: Scheduler;
  readonly #network: Network;
  readonly #receive: Receive;
  readonly #onAnswer: (call: Call) => void;
  readonly #pending = new Set<Pending>();
  #onEmpty: (() => void)[] = [];
  /** Requests of a connection arrive in their order. */
  #lastArrivalAt = 0;

  constructor(client: KafkaClient, { scheduler, network, receive, onAnswer }: ConnectionOptions) {
    this.client = client;
    this.#scheduler = scheduler;
    this.#network = network;
    this.#receive = receive;
    this.#onAnswer = onAnswer;
  }

  get #machine(): string {
    return machineOf(this.client.owner);
  }

  send(call: Call, timeoutMs: number): Promise<unknown> {
    if (!this.open) return Promise.reject(new kafkajs.KafkaJSConnectionError('Not connected', { broker: where.host }));
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        resolve,
        reject,
        cancelTimeout: this.#scheduler.after(timeoutMs, this.client.owner, () => {
          this.#settle(pending, () => reject(timeout(call.api)));
        }),
      };
      this.#pending.add(pending);
      this.#transmit(call, pending);
    });
  }

  #transmit(call: Call, pending: Pending): void {
    const fate = this.#network.fate(this.#machine, 'kafka');
    const latency = this.#network.latencyMs(this.#machine, 'kafka');
    if (fate === 'cut') return;
    if (fate === 'request-lost') return void this.#scheduler.after(latency, undefined, () => this.reset());
    const arrivesAt = Math.max(this.#scheduler.now + latency, this.#lastArrivalAt);
    this.#lastArrivalAt = arrivesAt;
    // The broker serves a request that has left, also of a process that is dead by then.
    this.#scheduler.after(arrivesAt - this.#scheduler.now, undefined, () => {
      if (!this.#network.hasLeft(this.client.owner)) return;
      this.#receive(this, call, (outcome) => {
        if (fate === 'answer-lost') return this.reset();
        if (this.#network.fate(this.#machine, 'kafka') === 'cut') return;
        const back = this.#network.latencyMs(this.#machine, 'kafka');
        this.#scheduler.after(back, this.client.owner, () => {
          if (!this.open || !this.#pending.has(pending)) return;
          if ('answer' in outcome) this.#onAnswer(call);
          this.#settle(pending, () =>
            'answer' in outcome ? pending.resolve(outcome.answer) : pending.reject(outcome.error),
          );
        });
      });
    });
  }

  #settle(pending: Pending, how: () => void): void {
    if (!this.#pending.delete(pending)) return;
    pending.cancelTimeout();
    how();
    if (this.#pending.size > 0) return;
    for (const resolve of this.#onEmpty) resolve();
    this.#onEmpty = [];
  }

  /** Ends the connection from outside. The client notices at once. */
  reset(): void {
    if (!this.open) return;
    this.open = false;
    this.#scheduler.after(0, this.client.owner, () => {
      const error = new KafkaJSConnectionClosedError('Closed connection', where);
      for (const pending of [...this.#pending]) this.#settle(pending, () => pending.reject(error));
    });
  }

  /** As kafkajs does, waits for the requests in flight. */
  async close(): Promise<void> {
    if (this.#pending.size > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    this.open = false;
  }
}

export function machineOf(owner: SimProcess | undefined): string {
  return owner?.machine ?? 'world';
}

export function refusedConnection(): Error {
  return new kafkajs.KafkaJSConnectionError('Connection error: connect ECONNREFUSED', {
    broker: `${where.host}:${where.port}`,
    code: 'ECONNREFUSED',
  });
}

export function connectionTimeout(): Error {
  return new kafkajs.KafkaJSConnectionError('Connection timeout', { broker: `${where.host}:${where.port}` });
}

function timeout(api: string): Error {
  return new kafkajs.KafkaJSRequestTimeoutError(`Request ${api} timed out`, {
    broker: where.host,
    clientId: '',
    correlationId: 0,
    createdAt: 0,
    sentAt: 0,
    pendingDuration: 0,
  });
}
