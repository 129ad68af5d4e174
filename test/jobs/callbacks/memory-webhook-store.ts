import type { DisabledEndpoint, WebhookSecret, WebhookStore } from '../../../jobs/callbacks/webhook/store.js';

/** @param given client → secrets */
export function memoryWebhookStore(given: Readonly<Record<string, readonly WebhookSecret[]>> = {}): WebhookStore {
  const secrets = new Map(Object.entries(given));
  const disabled = new Map<string, DisabledEndpoint>();
  return {
    secrets: async (client) => secrets.get(client) ?? [],
    putSecrets: async (client, list) => void secrets.set(client, list),
    disabled: async () => [...disabled.values()],
    isDisabled: async (url) => disabled.get(url),
    disable: async (endpoint) => void disabled.set(endpoint.url, endpoint),
    enable: async (url) => disabled.delete(url),
  };
}
