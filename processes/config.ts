import { homedir, availableParallelism } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { parseLimits } from '../gateway/limits-setting.js';
import { FanlightError } from '../schemas/failure.js';
import { parseHostEntry } from '../http/hosts.js';
import { parseOriginEntry } from '../http/origins.js';
import type { Environment } from '../primitives/environment.js';
import { deliveryModes } from '../runtime/services.js';
import { deviceChoices } from '../models/device.js';
import { parseDedicated } from '../topology/dedicated-queues.js';
import { placementNames } from '../topology/placements.js';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const dedicated = list.transform((texts, context) =>
  texts.flatMap((text) => {
    const queue = parseDedicated(text);
    if (!queue)
      context.addIssue({
        code: 'custom',
        message: `expected client:NAME@LANE or model:NAME@VERSION@LANE, not ${text}`,
      });
    return queue ?? [];
  }),
);

/** Comma-separated list. `parse` reads one entry, and returns undefined for an invalid one. */
function listOf(parse: (text: string) => string | undefined, expected: string) {
  return list.transform((texts, context) =>
    texts.flatMap((text) => {
      const entry = parse(text);
      if (entry === undefined) context.addIssue({ code: 'custom', message: `expected ${expected}, not ${text}` });
      return entry ?? [];
    }),
  );
}

/** The bound keeps a producer from guessing a key. */
const shortestKey = 16;
const internalKeys = list.pipe(
  z.array(z.string().min(shortestKey, `expected keys of at least ${shortestKey} characters`)),
);

const hosts = listOf(parseHostEntry, '*, or names such as api.example.com or .example.com, without ports');
const origins = listOf(parseOriginEntry, '*, or origins such as https://app.example.com');

const gatewayLimits = z.string().transform((text, context) => {
  const parsed = parseLimits(text);
  if ('limits' in parsed) return parsed.limits;
  context.addIssue({ code: 'custom', message: parsed.problem });
  return z.NEVER;
});

const schema = z.object({
  FANLIGHT_KAFKA_BROKERS: list.pipe(z.array(z.string().regex(/^[^:]+:\d+$/, 'expected host:port[,host:port…]')).min(1)),
  FANLIGHT_REGISTRY_URL: z.url(),
  FANLIGHT_S3_ENDPOINT: z.url().optional(),
  FANLIGHT_S3_REGION: z.string().default('us-east-1'),
  FANLIGHT_S3_ACCESS_KEY_ID: z.string().default(''),
  FANLIGHT_S3_SECRET_ACCESS_KEY: z.string().default(''),
  FANLIGHT_IMAGE_BUCKET: z.string().default('fanlight-images'),
  FANLIGHT_FETCH_ALLOW: list.default([]),
  FANLIGHT_INTERNAL_KEY: internalKeys.default([]),
  FANLIGHT_PLACEMENT: z.enum(placementNames).default('staged'),
  FANLIGHT_DEDICATED: dedicated.default([]),
  FANLIGHT_DELIVERY: z.enum(deliveryModes).default('at-least-once'),
  FANLIGHT_THREADS: z.coerce.number().int().min(1).max(256).default(availableParallelism()),
  FANLIGHT_DEVICE: z.enum(deviceChoices).default('auto'),
  FANLIGHT_MODEL_INSTANCES: z.coerce.number().int().min(1).max(64).optional(),
  FANLIGHT_MODEL_MEMORY_MIB: z.coerce.number().min(1).optional(),
  FANLIGHT_PINNED_MODELS: list.default([]),
  FANLIGHT_OUTPUT_CACHE_URL: z.union([z.literal('off'), z.url({ protocol: /^rediss?$/ })]).default('off'),
  FANLIGHT_OUTPUT_CACHE_MAX_PHOTOS: z.coerce.number().int().min(1).default(20_000),
  FANLIGHT_OUTPUT_CACHE_MAX_AGE_HOURS: z.coerce.number().min(0.01).default(168),
  FANLIGHT_INLINE_LIMIT_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(2 ** 20),
  FANLIGHT_REPLICATION_FACTOR: z.coerce.number().int().min(1).default(1),
  FANLIGHT_HTTP_HOST: z.string().default('127.0.0.1'),
  FANLIGHT_HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  FANLIGHT_HTTP_ALLOWED_HOSTS: hosts.default([]),
  FANLIGHT_HTTP_ALLOWED_ORIGINS: origins.default([]),
  FANLIGHT_GATEWAY_AUTH: z.enum(['keys', 'off']).default('keys'),
  FANLIGHT_GATEWAY_LIMITS: gatewayLimits.default({}),
  FANLIGHT_REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  FANLIGHT_STALL_SECONDS: z.coerce.number().min(1).default(60),
  FANLIGHT_RECORD_SECONDS: z.coerce.number().min(1).default(600),
  FANLIGHT_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** With `*`, every web page may use the gateway. Only API keys then keep strangers out. */
const consistent = schema.refine(
  ({ FANLIGHT_GATEWAY_AUTH, FANLIGHT_HTTP_ALLOWED_ORIGINS }) =>
    FANLIGHT_GATEWAY_AUTH === 'keys' || !FANLIGHT_HTTP_ALLOWED_ORIGINS.includes('*'),
  { path: ['FANLIGHT_HTTP_ALLOWED_ORIGINS'], message: '* is for gateways with FANLIGHT_GATEWAY_AUTH=keys' },
);

/** Settings that a process of Fanlight reads from its environment. docs/operations.md has the table. */
export type Config = z.output<typeof schema>;

/** Throws `invalid-configuration` with every problem at once. */
export function readConfig(environment: Environment): Config {
  return read(consistent, environment);
}

const cuts = schema.pick({ FANLIGHT_PLACEMENT: true, FANLIGHT_DEDICATED: true });

/** Reads only the settings that shape the topology, for commands without a server. Throws `invalid-configuration`. */
export function readCuts(environment: Environment): z.output<typeof cuts> {
  return read(cuts, environment);
}

function read<S extends z.ZodType>(wanted: S, environment: Environment): z.output<S> {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = wanted.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const name = path.join('.');
    return given[name.split('.')[0] ?? ''] === undefined ? `${name} is not set` : `${name}: ${message}`;
  });
  throw new FanlightError({
    code: 'invalid-configuration',
    message: `The environment cannot be used: ${problems.join('; ')}.`,
    remedy: 'Start everything with `npm start` or `fanlight up`, or set the variables of docs/operations.md.',
  });
}

/** Folder in which a deployment on this machine keeps its data, and records that it runs. */
export function stateDirectory(environment: Environment): string {
  const base = environment['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return environment['FANLIGHT_STATE_DIR'] ?? join(base, 'fanlight');
}
