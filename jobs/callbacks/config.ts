import { z } from 'zod';
import { createAddressRules, createAllowList, type AddressRules } from '../../adapters/outbound/address-rules.js';
import type { Environment } from '../../primitives/environment.js';
import { fromEnvironment, parseConfig } from '../../adapters/stores/store-config.js';

const list = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  )
  .default([]);

const schema = z.object({
  /** Kafka topics that may receive results. */
  topics: list,
  /**
   * Prefixes of allowed queue URLs. The slash after the host is required, because `https://host` would also allow
   * `https://host.evil`.
   */
  queues: list.pipe(z.array(z.string().regex(/^https?:\/\/[^/]+\//, 'must start with https://host/'))),
  /** S3 buckets that may receive results. */
  buckets: list,
  /** Non-public networks that webhooks may reach. Only these may be reached by http. */
  allow: list,
  /** Timeout of one request to a target, including its answer (ms). */
  timeoutMs: z.coerce.number().int().min(100).default(15_000),
});

export interface CallbackConfig extends z.output<typeof schema> {
  /** For https. */
  readonly addresses: AddressRules;
  /** For http. */
  readonly allowedAddresses: AddressRules;
}

export type CallbackSettings = Partial<Record<keyof typeof callbackVariables, string>>;

/** Throws `invalid-configuration`. */
export function callbackConfig(settings: CallbackSettings): CallbackConfig {
  const config = parseConfig('callbacks', schema, settings);
  return { ...config, addresses: createAddressRules(config.allow), allowedAddresses: createAllowList(config.allow) };
}

export function callbackConfigFrom(environment: Environment): CallbackConfig {
  return callbackConfig(fromEnvironment(environment, callbackVariables));
}

export const callbackVariables = {
  topics: 'FANLIGHT_CALLBACK_TOPICS',
  queues: 'FANLIGHT_CALLBACK_QUEUES',
  buckets: 'FANLIGHT_CALLBACK_BUCKETS',
  allow: 'FANLIGHT_CALLBACK_ALLOW',
  timeoutMs: 'FANLIGHT_CALLBACK_TIMEOUT_MS',
} as const;
