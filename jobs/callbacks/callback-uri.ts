import type { CallbackTarget } from './callback.js';
import type { CallbackConfig } from './config.js';
import { invalidCallback } from './failures.js';
import { callbackKinds } from './kinds.js';

const longestUri = 2_048;

/** What a callback URI names. Throws `invalid-callback`, which says in one sentence why it cannot be used. */
export function parseCallback(uri: string, config: CallbackConfig): CallbackTarget {
  if (uri.length > longestUri)
    throw invalidCallback(`The callback is longer than ${longestUri} characters.`, 'Name a shorter one.');
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0].toLowerCase() ?? '';
  const kind = callbackKinds.find(({ schemes }) => schemes.includes(scheme));
  if (kind !== undefined) return { kind: kind.name, ...kind.parse(uri, config) };
  const known = callbackKinds.flatMap(({ schemes }) => schemes).join(', ');
  throw invalidCallback(
    scheme === '' ? 'The callback is no URI.' : `No results can be sent to a URI with ${scheme.slice(0, 20)} in front.`,
    `Begin the callback with one of ${known}.`,
  );
}
