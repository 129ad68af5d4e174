import { z } from 'zod';
import { createAddressRules, createAllowList, type AddressRules } from '../../adapters/outbound/address-rules.js';
import { type Environment, fromEnvironment, parseConfig } from '../../adapters/stores/parse-config.js';

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
  /** Kafka topics that results may be sent to. */
  topics: list,
  /**
   * What the URLs of queues begin with. A host alone would allow `https://host.evil`, so the slash behind it is wanted.
   */
  queues: list.pipe(z.array(z.string().regex(/^https?:\/\/[^/]+\//, 'begins with https://host/'))),
  /** S3 buckets. */
  buckets: list,
  /** Networks besides the public ones that webhooks may reach, and the only ones that they may reach by http. */
  allow: list,
  /** For one request to a target with its answer, milliseconds. */
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
