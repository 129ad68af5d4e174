import type { CallbackTarget } from './callback.js';
import type { CallbackConfig } from './config.js';
import { invalidCallback } from './failures.js';
import { callbackKinds } from './kinds.js';

const maxUriLength = 2_048;

/** Returns the target of a callback URI. Throws `invalid-callback`, whose message is one sentence with the reason. */
export function parseCallback(uri: string, config: CallbackConfig): CallbackTarget {
  if (uri.length > maxUriLength)
    throw invalidCallback(`The callback is longer than ${maxUriLength} characters.`, 'Use a shorter URI.');
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0].toLowerCase() ?? '';
  const kind = callbackKinds.find(({ schemes }) => schemes.includes(scheme));
  if (kind !== undefined) return { kind: kind.name, ...kind.parse(uri, config) };
  const known = callbackKinds.flatMap(({ schemes }) => schemes).join(', ');
  throw invalidCallback(
    scheme === ''
      ? 'The callback is not a URI.'
      : `Results are not sent to URIs that start with ${JSON.stringify(scheme.slice(0, 20))}.`,
    `Use a callback that starts with one of ${known}.`,
  );
}
