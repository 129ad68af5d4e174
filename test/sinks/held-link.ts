import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP link to a server that can hold requests back, as a network does when the client is frozen or cut off. */
export interface HeldLink {
  readonly port: number;
  /** Holds the next writes, and resolves once all of them are held whole. Other requests pass. */
  hold(writes: HeldWrites): Promise<void>;
  /** Delivers what is held, even if the client is gone. Resolves once the server has answered all of it. */
  release(): Promise<void>;
  close(): Promise<void>;
}

/** Describes the requests of a protocol. Bytes are those of one connection. */
export interface HeldWrites {
  /** Connections on which a write is to be held. */
  readonly connections: number;
  isWrite(bytes: Buffer): boolean;
  isWhole(request: Buffer): boolean;
  isAnswered(answer: Buffer): boolean;
}

interface Connection {
  readonly outer: Socket;
  held: Buffer | undefined;
  answer: Buffer;
  onAnswer: () => void;
}

export async function heldLink(target: { readonly host: string; readonly port: number }): Promise<HeldLink> {
  const connections = new Set<Connection>();
  let holding: HeldWrites | undefined;
  let onHeld: () => void = () => undefined;

  const server = createServer((inner) => {
    const outer = connect(target.port, target.host);
    const connection: Connection = { outer, held: undefined, answer: Buffer.alloc(0), onAnswer: () => undefined };
    connections.add(connection);
    inner.on('data', (bytes) => {
      if (connection.held !== undefined || holding?.isWrite(bytes)) {
        connection.held = Buffer.concat([connection.held ?? Buffer.alloc(0), bytes]);
        onHeld();
      } else outer.write(bytes);
    });
    outer.on('data', (bytes) => {
      connection.answer = Buffer.concat([connection.answer, bytes]);
      connection.onAnswer();
      if (!inner.destroyed) inner.write(bytes);
    });
    inner.on('close', () => {
      if (connection.held === undefined) outer.destroy();
    });
    outer.on('close', () => {
      connections.delete(connection);
      connection.onAnswer();
      inner.destroy();
    });
    // Clients of this link are cut off on purpose.
    inner.on('error', () => inner.destroy());
    outer.on('error', () => outer.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));

  const whole = (writes: HeldWrites) =>
    [...connections].filter(({ held }) => held !== undefined && writes.isWhole(held)).length === writes.connections;

  return {
    port: (server.address() as AddressInfo).port,
    hold(writes) {
      holding = writes;
      return new Promise((resolve) => {
        onHeld = () => {
          if (whole(writes)) resolve();
        };
      });
    },
    async release() {
      const writes = holding;
      holding = undefined;
      await Promise.all(
        [...connections].map(async (connection) => {
          const { held, outer } = connection;
          if (held === undefined || writes === undefined) return;
          connection.answer = Buffer.alloc(0);
          const answered = new Promise<void>((resolve, reject) => {
            connection.onAnswer = () => {
              if (writes.isAnswered(connection.answer)) resolve();
              else if (outer.destroyed) reject(new Error('the server closed the connection without an answer'));
            };
          });
          connection.held = undefined;
          outer.write(held);
          await answered;
        }),
      );
    },
    async close() {
      for (const { outer } of connections) outer.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Requests over HTTP/1.1 whose first bytes match. */
export function httpWrites(start: RegExp): Omit<HeldWrites, 'connections'> {
  return {
    isWrite: (bytes) => start.test(bytes.toString('latin1', 0, 2_000)),
    isWhole(request) {
      const text = request.toString('latin1');
      const body = text.indexOf('\r\n\r\n') + 4;
      return body >= 4 && request.length - body >= Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
    },
    isAnswered: (answer) => /^HTTP\/1\.1 [2-5]\d\d /.test(answer.toString('latin1')),
  };
}
