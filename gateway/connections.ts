import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../primitives/clock.js';
import type { ProblemOptions } from './problems/problem.js';
import { rawAnswerText } from './problems/unreadable-request.js';

/** What the connections of a gateway may take. Times in milliseconds. */
export interface ConnectionLimits {
  /** Connections at the same time. */
  readonly connections: number;
  /** Requests of one connection that have no answer yet (pipelining). */
  readonly pipelined: number;
  /** How long a client may take no byte of an answer that waits for it. */
  readonly answerIdleMs: number;
  /** Bytes of answers that no client has taken yet, over all connections. */
  readonly unsentBytes: number;
  /** How long a connection may be open without a request. */
  readonly idleMs: number;
}

export const defaultConnections: ConnectionLimits = {
  connections: 1_024,
  pipelined: 4,
  answerIdleMs: 30_000,
  unsentBytes: 32 * 1024 * 1024,
  // Longer than idle connections are kept for their next request.
  idleMs: 80_000,
};

/** One connection, for as long as it is open. */
interface Connection {
  readonly socket: Socket;
  /** Requests without a complete answer. */
  active: number;
  /** When the last request ended, or the connection was made. */
  idleSince: number;
  /** Since when the client has taken nothing of an answer that waits for it; undefined while it takes. */
  stalledSince: number | undefined;
  /** What waited at the last look. */
  unsent: number;
  written: number;
}

const noRoom: ProblemOptions = {
  code: 'overloaded',
  detail: 'The gateway has as many connections as it may have, and all of them are in use.',
  remedy: 'Try again after the time in Retry-After, and use a connection for more than one request.',
};

const lookEveryMs = 1_000;
/** Requests after which unsent answers are counted without waiting for the next look. */
const requestsPerCount = 16;

/**
 * Bounds what connections take, whatever is sent over them. Where there is no room for a new connection, the one that has been idle
 * longest makes room; when all are busy, the new one is answered with 503 and closed. Connections whose clients take no answers are cut.
 *
 * @returns ends the looking
 */
export function guardConnections(server: Server, limits: ConnectionLimits, clock: Clock): () => void {
  const open = new Map<Socket, Connection>();
  let requests = 0;

  function cut(socket: Socket): void {
    open.delete(socket);
    socket.destroy();
  }

  function makeRoom(): boolean {
    const idle = [...open.values()].filter(({ active }) => active === 0);
    const oldest = idle.reduce<Connection | undefined>((found, each) => (found && found.idleSince <= each.idleSince ? found : each), undefined);
    if (oldest === undefined) return false;
    cut(oldest.socket);
    return true;
  }

  server.on('connection', (socket: Socket) => {
    if (open.size >= limits.connections && !makeRoom()) {
      socket.write(rawAnswerText(noRoom));
      socket.destroySoon();
      return;
    }
    open.set(socket, { socket, active: 0, idleSince: clock.now(), stalledSince: undefined, unsent: 0, written: 0 });
    socket.once('close', () => open.delete(socket));
  });

  // In front of what answers requests, which leaves those on cut connections alone.
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = open.get(socket);
    if (connection === undefined) return;
    connection.active += 1;
    response.once('close', () => {
      connection.active -= 1;
      connection.idleSince = clock.now();
    });
    if (connection.active > limits.pipelined) cut(socket);
    requests += 1;
    if (requests % requestsPerCount === 0) cutLargest();
  });

  /** Answers that nobody takes are held by the connections with the most of them. */
  function cutLargest(): void {
    const waiting = [...open.values()].filter(({ socket }) => socket.writableLength > 0).sort((a, b) => b.socket.writableLength - a.socket.writableLength);
    let unsent = waiting.reduce((sum, { socket }) => sum + socket.writableLength, 0);
    for (const { socket } of waiting) {
      if (unsent <= limits.unsentBytes) return;
      unsent -= socket.writableLength;
      cut(socket);
    }
  }

  function look(): void {
    const now = clock.now();
    for (const connection of open.values()) {
      const { socket, active } = connection;
      const takes = socket.writableLength === 0 || socket.writableLength !== connection.unsent || socket.bytesWritten !== connection.written;
      connection.unsent = socket.writableLength;
      connection.written = socket.bytesWritten;
      if (takes) connection.stalledSince = undefined;
      else connection.stalledSince ??= now;
      const isStalled = connection.stalledSince !== undefined && now - connection.stalledSince > limits.answerIdleMs;
      const isIdle = active === 0 && now - connection.idleSince > limits.idleMs;
      if (isStalled || isIdle) cut(socket);
    }
    cutLargest();
  }

  let cancel: () => void = () => undefined;
  let stopped = false;
  const lookLater = () => {
    cancel = clock.schedule(lookEveryMs, () => {
      look();
      if (!stopped) lookLater();
    });
  };
  lookLater();
  return () => {
    stopped = true;
    cancel();
  };
}
