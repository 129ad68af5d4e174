import { connect, createServer, type Server, type Socket } from 'node:net';

/** State of a link between a client and a server. */
export type LinkMood =
  | { readonly kind: 'open' }
  /** Bytes arrive later (ms), in both directions. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Connections are reset, and new ones are reset once the client has sent bytes. */
  | { readonly kind: 'cut' }
  /** The server gets every byte. Its answers wait until the mood changes. */
  | { readonly kind: 'held' };

/** A TCP proxy in front of a server. */
export interface Link {
  readonly port: number;
  /** @param label label of the connections; undefined: all connections */
  setMood(mood: LinkMood, label?: string): void;
  /** Resets all connections and refuses new ones. */
  refuse(): Promise<void>;
  /** Ends `refuse`. */
  accept(): Promise<void>;
  close(): Promise<void>;
}

export interface LinkOptions {
  /** Default: a free port. */
  readonly port?: number;
  readonly target: number;
  /** Returns the label of a connection, from the first bytes that its client sends. Default: none. */
  readonly labelOf?: (firstBytes: Buffer) => string;
}

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  label: string | undefined;
  /** Answers that wait until the mood changes. */
  held: Buffer[];
}

const open: LinkMood = { kind: 'open' };

export async function openLink({ port: wanted = 0, target, labelOf = () => '' }: LinkOptions): Promise<Link> {
  const connections = new Set<Connection>();
  const moods = new Map<string, LinkMood>();
  let everywhere = open;
  let listening = await listen(wanted);
  const { port } = listening.address() as { readonly port: number };
  const moodOf = ({ label = '' }: Connection) => (everywhere.kind === 'open' ? (moods.get(label) ?? open) : everywhere);

  function listen(on: number): Promise<Server> {
    const server = createServer({ noDelay: true }, serve);
    return new Promise((resolve, reject) => {
      server.once('error', reject).listen(on, '127.0.0.1', () => resolve(server));
    });
  }

  function serve(client: Socket): void {
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const connection: Connection = { client, server, label: undefined, held: [] };
    connections.add(connection);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on('end', () => other.end());
      // The faults of this proxy are on purpose. The other side has to see them.
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => {
        connections.delete(connection);
        other.destroy();
      });
    }
    client.on('data', (bytes: Buffer) => {
      connection.label ??= labelOf(bytes);
      pass(connection, server, bytes);
    });
    server.on('data', (bytes: Buffer) => {
      if (moodOf(connection).kind === 'held') connection.held.push(bytes);
      else pass(connection, client, bytes);
    });
  }

  function pass(connection: Connection, to: Socket, bytes: Buffer): void {
    const mood = moodOf(connection);
    if (mood.kind === 'cut') reset(connection);
    // Timers of the same delay run in the order in which they were made, and so do those of a shorter delay after them,
    // because a mood ends with a reset of its connections.
    else if (mood.kind === 'slow') setTimeout(() => void (to.writable && to.write(bytes)), mood.delayMs);
    else to.write(bytes);
  }

  function reset({ client, server }: Connection): void {
    client.resetAndDestroy();
    server.destroy();
  }

  function applyMood(connection: Connection): void {
    const { kind } = moodOf(connection);
    if (kind === 'cut') return reset(connection);
    if (kind === 'held' || connection.held.length === 0) return;
    for (const bytes of connection.held) connection.client.write(bytes);
    connection.held = [];
  }

  async function refuse(): Promise<void> {
    connections.forEach(reset);
    if (listening.listening) await new Promise((resolve) => listening.close(resolve));
  }

  return {
    port,
    setMood(mood, label) {
      const wasSlow = [...connections].filter((connection) => moodOf(connection).kind === 'slow');
      if (label === undefined) everywhere = mood;
      else if (mood.kind === 'open') moods.delete(label);
      else moods.set(label, mood);
      wasSlow.filter((connection) => moodOf(connection).kind !== 'slow').forEach(reset);
      connections.forEach(applyMood);
    },
    refuse,
    async accept() {
      if (!listening.listening) listening = await listen(port);
    },
    close: refuse,
  };
}
