import type { Registry } from 'prom-client';
import { Counter } from 'prom-client';
import type { Caller, HttpContext } from '../context.js';
import { ProblemError } from '../problems/problem.js';
import type { RequestProblemCode } from '../problems/request-problems.js';
import type { Authenticate } from './authenticator.js';
import type { Client, Scope } from './client.js';
import type { ClientLimiter, Slot, Standing } from './limiter.js';
import type { ClientLimitName } from './rate-limit-fields.js';
import { rateLimit, rateLimitPolicy, wholeSeconds } from './rate-limit-fields.js';

/** Admits requests to routes that need a scope, or throws a `ProblemError`. */
export interface Guard {
  admit(context: HttpContext, scope: Scope): Promise<AdmittedRequest>;
}

export interface AdmittedRequest {
  readonly caller: Caller;
  /** The caller calls it once, when the request is answered. */
  release(): void;
}

export interface GuardOptions {
  readonly authenticate: Authenticate;
  readonly limits: ClientLimiter;
  readonly metrics: Registry;
}

/** Checks keys, and enforces the limits of each client: rate, requests in flight, images per day. */
export function createGuard({ authenticate, limits, metrics }: GuardOptions): Guard {
  const refusals = new Counter({
    name: 'fanlight_gateway_refusals_total',
    help: 'Requests refused because of a limit of their client.',
    labelNames: ['client', 'limit'],
    registers: [metrics],
  });

  /** Adds the state of the limit to the answer. Throws when the limit is exceeded. */
  function settle(context: HttpContext, client: Client, name: ClientLimitName, standing: Standing): void {
    context.header('ratelimit', rateLimit(name, standing), { append: true });
    if (standing.granted) return;
    refusals.inc({ client: client.name, limit: name });
    throw refusal(name, client, standing);
  }

  return {
    async admit(context, scope) {
      const client = await authenticate(context.req.raw.headers, scope);
      const { rate, concurrency, imagesPerDay } = client.limits;
      const policy = rateLimitPolicy(client);
      if (policy !== undefined) context.header('ratelimit-policy', policy);
      if (rate !== null) settle(context, client, 'requests', await limits.takeRequest(client.name, rate));
      let slot: Slot | undefined;
      if (concurrency !== null) {
        slot = await limits.takeSlot(client.name, concurrency);
        settle(context, client, 'concurrency', slot);
      }
      return {
        caller: {
          client: client.name,
          isAdmin: client.scopes.includes('admin'),
          async chargeImages(count) {
            if (imagesPerDay !== null)
              settle(context, client, 'images', await limits.takeImages(client.name, imagesPerDay, count));
          },
          async enterStream(most) {
            const { granted, waitMs, release } = await limits.takeSlot(client.name, most, 'streams');
            if (granted) return release;
            refusals.inc({ client: client.name, limit: 'streams' });
            throw tooManyStreams(most, waitMs);
          },
        },
        release: () => slot?.release(),
      };
    },
  };
}

const codes = {
  requests: 'rate-limit-exceeded',
  concurrency: 'concurrency-limit-exceeded',
  images: 'daily-quota-exceeded',
} as const satisfies Record<ClientLimitName, RequestProblemCode>;

function refusal(
  name: ClientLimitName,
  { limits: { rate, concurrency, imagesPerDay } }: Client,
  { remaining, waitMs }: Standing,
): ProblemError {
  const details = {
    requests: `The limit of ${rate?.perSecond} requests per second, ${rate?.burst} at once, is reached.`,
    concurrency: `The limit of ${concurrency} requests in flight is reached.`,
    images: `The limit of ${imagesPerDay} images per day is reached: ${remaining} are left until midnight UTC.`,
  };
  const seconds = wholeSeconds(waitMs);
  return new ProblemError({
    code: codes[name],
    detail: details[name],
    remedy: `Try again in ${seconds} s, or ask the operator of this gateway for a higher limit.`,
    headers: { 'retry-after': `${seconds}` },
  });
}

function tooManyStreams(most: number, waitMs: number): ProblemError {
  const seconds = wholeSeconds(waitMs);
  return new ProblemError({
    code: 'concurrency-limit-exceeded',
    detail: `The limit of ${most} open event streams is reached.`,
    remedy: `Try again in ${seconds} s, or close event streams that are not needed.`,
    headers: { 'retry-after': `${seconds}` },
  });
}
