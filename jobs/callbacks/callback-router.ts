import type { Callback, Callbacks } from './callback.js';
import { callbackKinds, type CallbackResources } from './kinds.js';
import { parseCallback } from './callback-uri.js';

/** Opens all kinds, and passes each delivery to the kind of its target. */
export async function openCallbacks(resources: CallbackResources): Promise<Callbacks> {
  const opened = await Promise.all(callbackKinds.map(async (kind) => [kind.name, await kind.open(resources)] as const));
  const callbacks: ReadonlyMap<string, Callback> = new Map(opened);
  return {
    parse: (uri) => parseCallback(uri, resources.config),
    async deliver(target, delivery, signal) {
      await callbacks.get(target.kind)?.deliver(target, delivery, signal);
    },
    async close() {
      await Promise.all([...callbacks.values()].map((callback) => callback.close()));
    },
  };
}
