import { z } from 'zod';

/** The scopes of keys. No scope includes another. */
export const scopes = ['tag', 'jobs', 'models', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** The name of a client. It appears in record headers, metrics and keys of Redis. */
export const clientName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, 'expected a-z, 0-9, ".", "_" and "-", at most 63 of them');

const rateSchema = z
  .object({
    perSecond: z.number().positive(),
    /** Requests that a client may send at once after a pause. */
    burst: z.number().int().min(1),
  })
  .refine(({ perSecond, burst }) => burst >= perSecond, 'the burst is at least the requests of one second');

const limitsSchema = z.object({
  /** Null, here and below: no limit. */
  rate: rateSchema.nullable(),
  /** Requests in flight, over all gateways. */
  concurrency: z.number().int().min(1).nullable(),
  /** Images per UTC day. */
  imagesPerDay: z.number().int().min(1).nullable(),
});

export const clientSchema = z.object({
  name: clientName,
  scopes: z.array(z.enum(scopes)),
  limits: limitsSchema,
  /** Time (epoch ms), as are all other times below. */
  createdAt: z.number(),
});

export const keySchema = z.object({
  /** Public id; it appears in lists and logs. */
  id: z.string(),
  /** Name of the client. */
  client: z.string(),
  /** SHA-256 of the secret, lower-case hex. */
  hash: z.string().length(64),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
  revokedAt: z.number().nullable(),
});

/** A client of the gateway, with its scopes and limits. */
export type Client = z.output<typeof clientSchema>;
export type ClientLimits = Client['limits'];
export type RateLimit = NonNullable<ClientLimits['rate']>;
/** One key of a client, without its secret. */
export type KeyRecord = z.output<typeof keySchema>;

export interface KeyOfClient {
  readonly key: KeyRecord;
  readonly client: Client;
}
