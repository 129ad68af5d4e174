import { get } from 'node:http';
import { connect } from 'node:net';

/** A probe that takes longer counts as not ready. */
const PROBE_TIMEOUT_MS = 2_000;

/** Whether a server accepts connections on the loopback port. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: PROBE_TIMEOUT_MS });
    const settle = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}

/** Whether the answer of the port to `request` begins with `expected`. */
export function answersLine(port: number, request: string, expected: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: PROBE_TIMEOUT_MS });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => socket.write(request));
    socket.once('data', (data) => settle(data.toString('latin1').startsWith(expected)));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}

/** Whether a GET answers with the status. */
export function answersWith(url: string, status: number): Promise<boolean> {
  return new Promise((resolve) => {
    // No agent, because a kept-alive connection would delay the server's stop.
    const request = get(url, { agent: false, timeout: PROBE_TIMEOUT_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === status);
    });
    request.once('error', () => resolve(false));
    request.once('timeout', () => request.destroy(new Error('timeout')));
  });
}
