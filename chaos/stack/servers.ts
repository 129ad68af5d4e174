import { startPlatform, type Addresses, type Platform } from '../../local/servers/platform.js';
import type { KafkaSettings } from '../../local/servers/parts/part.js';
import { FREE_PORTS, resolvePorts, type PortNumbers } from '../../local/servers/port-numbers.js';
import { serverNames, type ServerName } from '../plan/targets.js';
import { signalGroup } from './signals.js';

/** A real server that a run can kill, freeze and start again, on the same port and with the same data. */
export interface Server {
  /** Sends SIGKILL. Resolves once the process has ended. */
  kill(): Promise<void>;
  /** Resolves once the server answers. */
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export interface Servers {
  /** Addresses of the servers themselves, without a proxy. */
  readonly addresses: Addresses;
  readonly kafka: LinkedPorts;
  get(name: ServerName): Server;
  /** Stops all servers. Keeps their data. */
  close(): Promise<void>;
}

/** Ports of the broker's second listener: its clients connect through a proxy. */
export interface LinkedPorts {
  /** Port of the proxy. The broker names it to these clients. */
  readonly proxy: number;
  readonly listener: number;
}

export interface ServerFolders {
  readonly dataDir: string;
  readonly logDir: string;
}

/** Starts all servers on free ports. Each is a platform of its own, so that it can be restarted alone. */
export async function startServers(folders: ServerFolders): Promise<Servers> {
  const ports = await resolvePorts(FREE_PORTS);
  const others = await resolvePorts({ ...FREE_PORTS });
  const linked = { proxy: others.sqs, listener: others.solr };
  const platforms = new Map<ServerName, Platform>();

  async function start(name: ServerName): Promise<void> {
    const kafkaSettings = linkedListener(ports, linked);
    platforms.set(name, await startPlatform({ ...folders, ports, parts: [name], kafkaSettings }));
  }

  const signal = (name: ServerName, which: NodeJS.Signals) => signalGroup(platforms.get(name)?.pids[name], which);
  await Promise.all(serverNames.map(start));
  const { addresses } = platforms.get('kafka') as Platform;
  return {
    addresses,
    kafka: linked,
    get: (name) => ({
      async kill() {
        signal(name, 'SIGKILL');
        await platforms.get(name)?.stop();
      },
      start: () => start(name),
      freeze: () => signal(name, 'SIGSTOP'),
      thaw: () => signal(name, 'SIGCONT'),
    }),
    async close() {
      // A frozen server would take SIGTERM only after its time is up.
      serverNames.forEach((name) => signal(name, 'SIGCONT'));
      await Promise.all([...platforms.values()].map((platform) => platform.stop()));
    },
  };
}

function linkedListener({ kafka, kafkaController }: PortNumbers, { proxy, listener }: LinkedPorts): KafkaSettings {
  const at = (port: number) => `127.0.0.1:${port}`;
  return {
    listeners: `PLAINTEXT://${at(kafka)},LINKED://${at(listener)},CONTROLLER://${at(kafkaController)}`,
    'advertised.listeners': `PLAINTEXT://${at(kafka)},LINKED://${at(proxy)}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,LINKED:PLAINTEXT,CONTROLLER:PLAINTEXT',
  };
}
