import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';
import type { AddressRules } from './address-rules.js';
import { forbiddenAddress, hostTimeout, unreachable } from './failures.js';
import type { Resolve } from './resolve.js';

export interface ConnectOptions {
  /** Name resolution, TCP and TLS together, milliseconds. */
  readonly connectTimeoutMs: number;
  readonly resolve: Resolve;
  readonly clock: Clock;
}

/**
 * Resolves a host name once, checks every address, and connects to those very addresses: no second look-up could answer
 * differently (DNS rebinding). Fails with `forbidden-address`, `host-unreachable` or `host-timeout`.
 */
export function guardedConnect(rules: AddressRules, options: ConnectOptions): buildConnector.connector {
  return function connect(target, callback) {
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const port = Number(target.port) || (target.protocol === 'https:' ? 443 : 80);
    let socket: Socket | undefined;
    let settled = false;

    const settle = (error: FanlightError | null): void => {
      if (settled) return;
      settled = true;
      cancelTimer();
      if (error === null && socket !== undefined) return callback(null, socket);
      socket?.destroy();
      callback(error ?? unreachable(host, 'no connection was made', undefined), null);
    };
    const cancelTimer = options.clock.schedule(options.connectTimeoutMs, () =>
      settle(hostTimeout(host, 'accept a connection', options.connectTimeoutMs)),
    );

    checkedAddresses(host, port, rules, options.resolve).then(
      (addresses) => {
        if (settled) return;
        socket = target.protocol === 'https:' ? tlsSocket(host, port, addresses) : tcpSocket(host, port, addresses);
        socket.setNoDelay(true);
        socket.once(target.protocol === 'https:' ? 'secureConnect' : 'connect', () => settle(null));
        // Stays attached: a socket that fails before undici takes it over would otherwise end the process.
        socket.on('error', (error) => settle(unreachable(host, describeSocketError(error), error)));
      },
      (error: unknown) =>
        settle(error instanceof FanlightError ? error : unreachable(host, 'its name can not be resolved', error)),
    );
  };
}

async function checkedAddresses(
  host: string,
  port: number,
  rules: AddressRules,
  resolve: Resolve,
): Promise<readonly string[]> {
  const isLiteral = isIP(host) !== 0;
  const addresses = isLiteral ? [host] : await resolve(host);
  if (addresses.length === 0) throw unreachable(host, 'its name has no address', undefined);
  for (const address of addresses) {
    const why = rules(address, port);
    if (why !== undefined) throw forbiddenAddress(host, isLiteral ? why : `at ${why}`);
  }
  return addresses;
}

function tcpSocket(host: string, port: number, addresses: readonly string[]): Socket {
  return connectTcp({ host, port, lookup: pinned(addresses), autoSelectFamily: true });
}

function tlsSocket(host: string, port: number, addresses: readonly string[]): Socket {
  const servername = isIP(host) === 0 ? host : undefined;
  const pinning = { host, port, lookup: pinned(addresses), autoSelectFamily: true };
  return connectTls({ ...pinning, ALPNProtocols: ['http/1.1'], ...(servername === undefined ? {} : { servername }) });
}

function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return function lookup(_hostname, { all: wantsAll }, callback) {
    if (wantsAll === true) return callback(null, all);
    callback(null, all[0]?.address ?? '', all[0]?.family);
  };
}

function describeSocketError(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED') return 'it refuses connections';
  if (code === 'ECONNRESET') return 'it closed the connection';
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH') return 'there is no route to it';
  if (code.includes('CERT') || code.includes('TLS') || code.includes('SSL') || code.includes('SIGNATURE')) {
    return `its TLS certificate is not accepted (${code})`;
  }
  return code === '' ? error.message : code;
}
