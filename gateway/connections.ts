import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from '../primitives/clock.js';
import { repeat } from '../primitives/repeat.js';
import type { GatewayLimits } from './limits.js';
import type { ProblemOptions } from './problems/problem.js';
import { rawAnswerText } from './problems/unreadable-request.js';

export type ConnectionLimits = Pick<GatewayLimits, 'connections' | 'pipelinedRequests' | 'idleConnectionMs' | 'answerIdleMs' | 'unsentBytes'>;

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
  /** Bytes that had come over it when its last request ended. */
  readBefore: number;
}

export interface ConnectionGuard {
  /** Bytes that had come over the connection before its current request. */
  bytesBefore(socket: Socket): number;
  /** Ends the guard. */
  stop(): void;
}

const noRoom: ProblemOptions = {
  code: 'overloaded',
  detail: 'The gateway has as many connections as it may have, and all of them are in use.',
  remedy: 'Try again after the time in Retry-After, and use a connection for more than one request.',
};

export interface GuardConnectionsOptions {
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly metrics: Registry | undefined;
}

/** Why a connection ended that its client wanted to go on. */
type Reason = 'no-room' | 'made-room' | 'pipelined' | 'unsent' | 'stalled' | 'idle';

function connectionMetrics(metrics: Registry, openConnections: () => number): (reason: Reason) => void {
  new Gauge({
    name: 'fanlight_gateway_connections',
    help: 'Open connections of clients.',
    registers: [metrics],
    collect() {
      this.set(openConnections());
    },
  });
  const cut = new Counter({
    name: 'fanlight_gateway_connections_cut_total',
    help: 'Connections that the gateway closed because of a bound.',
    labelNames: ['reason'],
    registers: [metrics],
  });
  return (reason) => cut.inc({ reason });
}

const lookEveryMs = 1_000;
/** Requests after which unsent answers are counted without waiting for the next look. */
const requestsPerCount = 16;

/**
 * Bounds what connections take, whatever is sent over them. Where there is no room for a new connection, the one that has been idle
 * longest makes room; when all are busy, the new one is answered with 503 and closed. Connections whose clients take no answers are cut.
 */
export function guardConnections(server: Server, { limits, clock, metrics }: GuardConnectionsOptions): ConnectionGuard {
  const open = new Map<Socket, Connection>();
  const onCut = metrics === undefined ? () => undefined : connectionMetrics(metrics, () => open.size);
  let requests = 0;

  function cut(socket: Socket, reason: Reason): void {
    onCut(reason);
    open.delete(socket);
    socket.destroy();
  }

  function makeRoom(): boolean {
    const idle = [...open.values()].filter(({ active }) => active === 0);
    const oldest = idle.reduce<Connection | undefined>((found, each) => (found && found.idleSince <= each.idleSince ? found : each), undefined);
    if (oldest === undefined) return false;
    cut(oldest.socket, 'made-room');
    return true;
  }

  server.on('connection', (socket: Socket) => {
    if (open.size >= limits.connections && !makeRoom()) {
      onCut('no-room');
      socket.write(rawAnswerText(noRoom));
      socket.destroySoon();
      return;
    }
    open.set(socket, { socket, active: 0, idleSince: clock.now(), stalledSince: undefined, unsent: 0, written: 0, readBefore: 0 });
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
      connection.readBefore = socket.bytesRead;
    });
    if (connection.active > limits.pipelinedRequests) cut(socket, 'pipelined');
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
      cut(socket, 'unsent');
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
      const isIdle = active === 0 && now - connection.idleSince > limits.idleConnectionMs;
      if (isStalled || isIdle) cut(socket, isStalled ? 'stalled' : 'idle');
    }
    cutLargest();
  }

  const stop = repeat(clock, lookEveryMs, () => {
    look();
    return Promise.resolve(lookEveryMs);
  });
  return { bytesBefore: (socket) => open.get(socket)?.readBefore ?? 0, stop };
}
