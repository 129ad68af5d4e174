import type { GatewayOptions } from '../../gateway/app.js';
import { hostOf, isLoopbackHost } from '../../http/hosts.js';
import type { Config } from '../config.js';

export type BrowserSettings = Pick<
  Config,
  'FANLIGHT_HTTP_HOST' | 'FANLIGHT_HTTP_ALLOWED_HOSTS' | 'FANLIGHT_HTTP_ALLOWED_ORIGINS' | 'FANLIGHT_GATEWAY_AUTH'
>;

/**
 * The hosts and the origins that the gateway accepts. DNS rebinding needs a name that an attacker can point at the
 * gateway, so the defaults are:
 *
 * - localhost and addresses are always allowed, so that a list of names does not shut out health checks.
 * - A gateway on loopback allows only loopback addresses, because clients cannot reach it at another address.
 * - On another address, a gateway with keys allows every host, because the attacker's page has no key.
 * - On another address without keys, it allows names that public DNS cannot hold, such as services of Compose and
 *   Kubernetes.
 */
export function browserAccess(settings: BrowserSettings): Pick<GatewayOptions, 'allowedHosts' | 'allowedOrigins'> {
  const { FANLIGHT_HTTP_ALLOWED_HOSTS: listed, FANLIGHT_HTTP_ALLOWED_ORIGINS: allowedOrigins } = settings;
  const own = hostOf(settings.FANLIGHT_HTTP_HOST);
  const isLocal = own !== undefined && isLoopbackHost(own);
  const isOpen = settings.FANLIGHT_GATEWAY_AUTH === 'off';
  const takesAnyHost = listed.includes('*') || (!isLocal && !isOpen && listed.length === 0);
  if (takesAnyHost) return { allowedOrigins };
  return {
    allowedHosts: {
      addresses: isLocal ? 'loopback' : 'any',
      privateNames: !isLocal && listed.length === 0,
      names: [...new Set(['localhost', ...(own === undefined ? [] : [own.text]), ...listed])],
    },
    allowedOrigins,
  };
}
