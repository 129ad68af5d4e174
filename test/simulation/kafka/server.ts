import { answerTo, type Apis } from './apis.js';
import type { Broker, KafkaServerOptions, State } from './broker.js';
import {
  Connection,
  connectionTimeout,
  machineOf,
  refusedConnection,
  type Call,
  type KafkaClient,
  type Respond,
} from './connection.js';
import { createFetches } from './fetches.js';
import { Group } from './group.js';
import type { NewRecord } from './log.js';
import { protocolError } from './protocol-errors.js';

/** Group APIs that a coordinator may refuse for a while. */
const ofCoordinator: ReadonlySet<string> = new Set([
  'joinGroup',
  'syncGroup',
  'heartbeat',
  'offsetCommit',
  'offsetFetch',
]);
const refusals = ['NOT_COORDINATOR_FOR_GROUP', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'GROUP_LOAD_IN_PROGRESS'];

/** One broker, which leads all partitions and coordinates all groups. */
export class KafkaServer implements Broker {
  readonly groups = new Map<string, Group>();
  readonly options: KafkaServerOptions;
  /** 0..1: probability that the coordinator refuses a request of a group. */
  refusing = 0;
  /** 0..1: probability that a write fails for no reason that a client could know. */
  failingWrites = 0;
  #state: State = 'up';
  #frozenAt = 0;
  readonly #connections = new Set<Connection>();
  /** Requests that have arrived while the broker was frozen. */
  #inbox: (() => void)[] = [];
  readonly #apis: Apis;
  readonly #wakeFetches: () => void;

  constructor(options: KafkaServerOptions) {
    this.options = options;
    const fetches = createFetches(this);
    this.#wakeFetches = fetches.wake;
    this.#apis = answerTo(this, fetches);
  }

  get state(): State {
    return this.#state;
  }

  group(name: string): Group {
    const known = this.groups.get(name);
    if (known) return known;
    const group = new Group(name, this.options.scheduler, () => this.#state === 'up');
    this.groups.set(name, group);
    return group;
  }

  connect(client: KafkaClient, timeoutMs: number): Promise<Connection> {
    const { scheduler, network } = this.options;
    const machine = machineOf(client.owner);
    return new Promise((resolve, reject) => {
      if (network.fate(machine, 'kafka') === 'cut')
        return void scheduler.after(timeoutMs, client.owner, () => reject(connectionTimeout()));
      scheduler.after(2 * network.latencyMs(machine, 'kafka'), client.owner, () => {
        if (this.#state === 'down') return reject(refusedConnection());
        const receive = (connection: Connection, call: Call, respond: Respond) =>
          this.#receive(connection, call, respond);
        const connection = new Connection(client, { scheduler, network, receive, onAnswer: this.options.onAnswer });
        this.#connections.add(connection);
        resolve(connection);
      });
    });
  }

  /** Writes a record of a client outside of the simulation. */
  write(topic: string, partition: number, record: NewRecord): void {
    this.options.logs.append(topic, partition, record);
    this.#wakeFetches();
  }

  freeze(): void {
    if (this.#state !== 'up') return;
    this.#state = 'frozen';
    this.#frozenAt = this.options.scheduler.now;
  }

  /** Kills the broker. Its logs, its groups and their offsets survive. */
  kill(): void {
    this.#state = 'down';
    this.#frozenAt = this.options.scheduler.now;
    this.#inbox = [];
    for (const connection of this.#connections) connection.reset();
    this.#connections.clear();
  }

  /** Ends a freeze, or starts the broker again. */
  wake(): void {
    if (this.#state === 'up') return;
    const { scheduler, random } = this.options;
    // A broker that wakes may serve the waiting heartbeats first, or first find that the sessions have ended.
    const sessionsEnded = this.#state === 'frozen' && scheduler.now - this.#frozenAt > 10_000 && random() < 0.7;
    this.#state = 'up';
    for (const group of this.groups.values()) group.wake(sessionsEnded);
    const waiting = this.#inbox;
    this.#inbox = [];
    for (const serve of waiting) serve();
  }

  /** Closes the connections of a machine, or of all. */
  resetConnections(machine: string | undefined): void {
    for (const connection of this.#connections) {
      if (!connection.open) this.#connections.delete(connection);
      else if (machine === undefined || machineOf(connection.client.owner) === machine) connection.reset();
    }
  }

  #receive(connection: Connection, call: Call, respond: Respond): void {
    if (this.#state === 'down') return connection.reset();
    if (this.#state === 'frozen') return void this.#inbox.push(() => this.#receive(connection, call, respond));
    const { random, scheduler } = this.options;
    if (this.refusing > 0 && ofCoordinator.has(call.api) && random() < this.refusing) {
      const type = refusals[Math.floor(random() * refusals.length)] as string;
      scheduler.trace.add(`${machineOf(connection.client.owner)} ${call.api} refused: ${type}`);
      return respond({ error: protocolError(type) });
    }
    this.#apis[call.api as keyof Apis](call.request, { connection, respond });
  }
}
