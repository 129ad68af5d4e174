import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { buildConnector } from 'undici';
import type { Clock } from '../../primitives/clock.js';
import type { FanlightError } from '../../schemas/failure.js';
import type { AddressRules } from './address-rules.js';
import { forbiddenAddress, hostTimeout, noPermittedAddress, unreachable } from './failures.js';
import type { Resolve } from './name-resolution.js';

export interface ConnectOptions {
  /** Timeout for name resolution, TCP and TLS together (ms). */
  readonly connectTimeoutMs: number;
  readonly resolve: Resolve;
  readonly clock: Clock;
  /** Observer of failed connections. The reason may name inner addresses, so it must go to the log only. */
  readonly onUnreachable?: (host: string, reason: string) => void;
}

/**
 * Resolves a host name once, checks every address, and connects to exactly these addresses. A second look-up could give
 * another address (DNS rebinding). Fails with `host-unreachable` or `host-timeout`. It fails with `forbidden-address`
 * only for an address in the URL itself.
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
      callback(error ?? unreachable(host, 'no connection was made'), null);
    };
    const fail = (error: FanlightError, reason: string): void => {
      if (!settled) options.onUnreachable?.(host, reason);
      settle(error);
    };
    const cancelTimer = options.clock.schedule(options.connectTimeoutMs, () =>
      settle(hostTimeout(host, 'accept a connection', options.connectTimeoutMs)),
    );

    void lookUp(host, port, rules, options.resolve).then((found) => {
      if (settled) return;
      if ('forbidden' in found) return settle(forbiddenAddress(host, found.forbidden));
      // All refused names take this path, so the stack traces in dead letters are the same too.
      if ('refused' in found) return fail(noPermittedAddress(host), found.refused);
      const open = target.protocol === 'https:' ? tlsSocket : tcpSocket;
      socket = open(host, port, found.addresses);
      socket.setNoDelay(true);
      socket.once(target.protocol === 'https:' ? 'secureConnect' : 'connect', () => settle(null));
      // The listener stays, because an error before undici takes the socket over would end the process.
      socket.on('error', (error) => fail(unreachable(host, describeSocketError(error)), reasonOf(error)));
    });
  };
}

/** The addresses to connect to, or the reason why the address in the URL is forbidden or the name is refused. */
type LookUp = { readonly addresses: readonly string[] } | { readonly forbidden: string } | { readonly refused: string };

async function lookUp(host: string, port: number, rules: AddressRules, resolve: Resolve): Promise<LookUp> {
  if (isIP(host) !== 0) {
    const forbidden = rules(host, port);
    return forbidden === undefined ? { addresses: [host] } : { forbidden };
  }
  try {
    const addresses = await resolve(host);
    for (const address of addresses) {
      const why = rules(address, port);
      if (why !== undefined) return { refused: `it resolves to ${address}, which is ${why}` };
    }
    return addresses.length === 0 ? { refused: 'its name has no address' } : { addresses };
  } catch (error) {
    return { refused: `its name does not resolve: ${reasonOf(error)}` };
  }
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

/** For the log only: messages of system errors name addresses. An AggregateError has one error for each address. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** For answers: the text names no address. */
function describeSocketError(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED') return 'it refuses connections';
  if (code === 'ECONNRESET') return 'it closed the connection';
  if (code === 'ENETUNREACH' || code === 'EHOSTUNREACH') return 'there is no route to it';
  if (code.includes('CERT') || code.includes('TLS') || code.includes('SSL') || code.includes('SIGNATURE')) {
    return `its TLS certificate is not accepted (${code})`;
  }
  return code === '' ? 'the connection failed' : code;
}
