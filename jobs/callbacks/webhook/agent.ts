import { Agent, type buildConnector } from 'undici';
import { guardedConnect, type ConnectOptions } from '../../../adapters/outbound/guarded-connection.js';
import { resolveWithSystem } from '../../../adapters/outbound/name-resolution.js';
import type { CallbackConfig } from '../config.js';

export type WebhookConnections = Pick<ConnectOptions, 'clock' | 'onUnreachable'> &
  Partial<Pick<ConnectOptions, 'resolve'>>;

/** Creates connections that obey the address rules. Only allowed networks may be reached by http. */
export function createWebhookAgent(config: CallbackConfig, connections: WebhookConnections): Agent {
  const { addresses, allowedAddresses, timeoutMs } = config;
  const options: ConnectOptions = { connectTimeoutMs: 5_000, resolve: resolveWithSystem, ...connections };
  const secure = guardedConnect(addresses, options);
  const plain = guardedConnect(allowedAddresses, options);
  const connect: buildConnector.connector = (target, callback) =>
    (target.protocol === 'https:' ? secure : plain)(target, callback);
  // The timeout of a request covers headers and body. `bodyTimeout` is for bodies that no request reads any more.
  return new Agent({ connect, pipelining: 1, headersTimeout: 0, bodyTimeout: timeoutMs, maxHeaderSize: 32 * 1024 });
}
