import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from '../primitives/clock.js';
import { repeat } from '../primitives/timer-loop.js';
import type { ConnectionLimits } from './connection-limits.js';
import type { ProblemOptions } from './problems/problem.js';
import { rawAnswerText } from './problems/unreadable-request.js';

/** An open connection. */
interface Connection {
  readonly socket: Socket;
  /** Requests without a complete answer. */
  active: number;
  /** Time at which the last request ended, or the connection opened. */
  idleSince: number;
  /** Time since which the client has read nothing of a waiting answer; undefined while it reads or no answer waits. */
  stalledSince: number | undefined;
  /** Bytes that waited to be sent at the last check. */
  unsent: number;
  /** Bytes that had been written at the last check. */
  written: number;
  /** Bytes that had been received when the last request ended. */
  readBefore: number;
  /** The latest request, and the time of its arrival. */
  request: IncomingMessage | undefined;
  requestAt: number;
}

const noRoom: ProblemOptions = {
  code: 'overloaded',
  detail: 'The gateway has reached its limit of connections, and all of them are in use.',
  remedy: 'Try again after the time in Retry-After, and use a connection for more than one request.',
};

export interface GuardConnectionsOptions {
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly metrics: Registry | undefined;
}

/** Why the gateway closed a connection. */
type Reason = 'no-room' | 'made-room' | 'slow' | 'pipelined' | 'unsent' | 'stalled' | 'idle';

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

/** The element for which `of` is least; undefined for an empty list. */
function least<T>(all: readonly T[], of: (each: T) => number): T | undefined {
  return all.reduce<T | undefined>(
    (found, each) => (found !== undefined && of(found) <= of(each) ? found : each),
    undefined,
  );
}

const checkEveryMs = 1_000;
/** Time in which an honest client usually sends its request (ms). */
const usualMs = 5_000;
/** Unsent answers are counted after this many requests too, without waiting for the next check. */
const requestsPerCount = 16;

/**
 * Bounds the number of connections and the memory that they take. When a new connection exceeds the limit, the guard
 * closes the one that has been idle longest, or else the one whose client sends its request slowest. Without either,
 * it answers the new connection with 503 and closes it. It also closes connections whose clients do not read their
 * answers.
 *
 * @returns a function that stops the checks
 */
export function guardConnections(server: Server, { limits, clock, metrics }: GuardConnectionsOptions): () => void {
  const open = new Map<Socket, Connection>();
  const onCut = metrics === undefined ? () => undefined : connectionMetrics(metrics, () => open.size);
  let requests = 0;

  function cut(socket: Socket, reason: Reason): void {
    onCut(reason);
    open.delete(socket);
    socket.destroy();
  }

  /** @returns whether there is room for one more connection */
  function makeRoom(): boolean {
    const idle = least(
      [...open.values()].filter(({ active }) => active === 0),
      ({ idleSince }) => idleSince,
    );
    if (idle !== undefined) {
      cut(idle.socket, 'made-room');
      return true;
    }
    const slowest = least([...open.values()].filter(isSlow), bytesPerMs);
    if (slowest === undefined) return false;
    cut(slowest.socket, 'slow');
    return true;
  }

  /** Whether the client has been sending its request for longer than an honest one usually takes. */
  function isSlow({ request, requestAt }: Connection): boolean {
    return request?.complete === false && clock.now() - requestAt > usualMs;
  }

  function bytesPerMs({ socket, readBefore, requestAt }: Connection): number {
    return (socket.bytesRead - readBefore) / (clock.now() - requestAt);
  }

  server.on('connection', (socket: Socket) => {
    if (open.size >= limits.connections && !makeRoom()) {
      onCut('no-room');
      socket.write(rawAnswerText(noRoom));
      socket.destroySoon();
      return;
    }
    const now = clock.now();
    open.set(socket, {
      socket,
      active: 0,
      idleSince: now,
      stalledSince: undefined,
      unsent: 0,
      written: 0,
      readBefore: 0,
      request: undefined,
      requestAt: now,
    });
    socket.once('close', () => open.delete(socket));
  });

  // Runs before the listener that answers requests, which ignores requests of destroyed sockets.
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const connection = open.get(socket);
    if (connection === undefined) return;
    connection.active += 1;
    connection.request = request;
    connection.requestAt = clock.now();
    response.once('close', () => {
      connection.active -= 1;
      connection.idleSince = clock.now();
      connection.readBefore = socket.bytesRead;
    });
    if (connection.active > limits.pipelinedRequests) cut(socket, 'pipelined');
    requests += 1;
    if (requests % requestsPerCount === 0) cutLargest();
  });

  /** Closes the connections with the most unsent bytes until the rest fit into the limit. */
  function cutLargest(): void {
    const waiting = [...open.values()]
      .filter(({ socket }) => socket.writableLength > 0)
      .sort((a, b) => b.socket.writableLength - a.socket.writableLength);
    let unsent = waiting.reduce((sum, { socket }) => sum + socket.writableLength, 0);
    for (const { socket } of waiting) {
      if (unsent <= limits.unsentBytes) return;
      unsent -= socket.writableLength;
      cut(socket, 'unsent');
    }
  }

  function check(): void {
    const now = clock.now();
    for (const connection of open.values()) {
      const { socket, active } = connection;
      const isReading =
        socket.writableLength === 0 ||
        socket.writableLength !== connection.unsent ||
        socket.bytesWritten !== connection.written;
      connection.unsent = socket.writableLength;
      connection.written = socket.bytesWritten;
      if (isReading) connection.stalledSince = undefined;
      else connection.stalledSince ??= now;
      const isStalled = connection.stalledSince !== undefined && now - connection.stalledSince > limits.answerIdleMs;
      const isIdle = active === 0 && now - connection.idleSince > limits.idleConnectionMs;
      if (isStalled || isIdle) cut(socket, isStalled ? 'stalled' : 'idle');
    }
    cutLargest();
  }

  const stopChecking = repeat(clock, checkEveryMs, () => {
    check();
    return Promise.resolve(checkEveryMs);
  });
  return () => void stopChecking();
}
