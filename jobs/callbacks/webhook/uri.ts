import { isIP } from 'node:net';
import { parseUrl } from '../../../adapters/outbound/http-url.js';
import { asFanlightError } from '../../../schemas/failure.js';
import type { CallbackTarget } from '../callback.js';
import type { CallbackConfig } from '../config.js';
import { invalidCallback } from '../failures.js';

/**
 * Parses `https://…`, and `http://…` for allowed networks. The addresses of a host name are checked at connection time,
 * because they may change until then.
 */
export function parseWebhook(uri: string, config: CallbackConfig): Omit<CallbackTarget, 'kind'> {
  const url = parse(uri);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isSecure = url.protocol === 'https:';
  if (!isSecure && config.allow.length === 0) {
    throw invalidCallback(
      `Results are not sent to ${host} by http, because others on the network could read them.`,
      'Use https.',
    );
  }
  const rules = isSecure ? config.addresses : config.allowedAddresses;
  const why = isIP(host) === 0 ? undefined : rules(host, portOf(url));
  if (why !== undefined)
    throw invalidCallback(
      `Results are not sent to ${host}, which is ${why}.`,
      isSecure
        ? 'Use a public address.'
        : 'Use https, or ask the operator to add the network to FANLIGHT_CALLBACK_ALLOW.',
    );
  return { endpoint: url.href, place: url.href };
}

function portOf({ port, protocol }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}

function parse(uri: string): URL {
  try {
    return parseUrl(uri);
  } catch (error) {
    throw invalidCallback(asFanlightError(error).message, 'Correct the URL of the callback.');
  }
}
