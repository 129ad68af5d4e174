import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Clock } from '../../primitives/clock.js';
import { every } from '../../primitives/timer-loop.js';
import { deriveId } from '../../schemas/ids.js';
import type { HttpContext } from '../../http/context.js';
import { ProblemError } from '../../http/problems/problem.js';
import { Pace } from '../../http/bodies/pace.js';
import type { Route } from '../../http/route.js';
import type { BodyReadOptions } from '../../http/bodies/whole-body.js';
import { digestBody, type Digested } from './body-digest.js';
import type { Claim, KeptAnswers } from './kept-answers.js';
import { packBody, unpackBody } from './packed-body.js';

export interface OnceOptions {
  /** Undefined: requests with a key are refused. */
  readonly answers: KeptAnswers | undefined;
  readonly clock: Clock;
  /** Options for reading the body of a repeated request. */
  readonly reading: BodyReadOptions;
}

export const idempotencyHeader = 'idempotency-key';
const renewalsPerLease = 3;
/** Header fields that belong to the answer and are kept with it. */
const keptFields = [
  'content-type',
  'location',
  'server-timing',
  'preference-applied',
  'inference-header-content-length',
];

/**
 * Makes a route honour `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header). Of a client's requests with the
 * same key, the gateway carries out one. A repetition gets the same answer while it is kept (`AnswerBounds`). Only
 * successful answers are kept, so that a client can repeat a failed request.
 */
export function once(handle: Route['handle'], { answers, clock, reading }: OnceOptions): Route['handle'] {
  return async function handleOnce(context) {
    const given = context.req.header(idempotencyHeader);
    if (given === undefined) return handle(context);
    if (!/^[\x21-\x7e]{1,255}$/.test(given)) throw unusable();
    if (answers === undefined) throw unavailable();
    const { leaseMs, maxAnswerBytes } = answers.bounds;
    const fingerprint = fingerprintOf(context);
    const begun = await orUnavailable(answers.begin(context.get('caller').client ?? '', given, fingerprint));
    if (begun.kind === 'busy') throw busy();
    if (begun.kind === 'other') throw reused();
    if (begun.kind === 'full') throw full();
    const digested = digestBody(context.get('body'));
    context.set('body', digested.body);
    if (begun.kind === 'done') {
      const { status, headers, body, requestDigest } = begun.answer;
      if (requestDigest !== null && (await digestWhenRead(digested, reading)) !== requestDigest) throw reused();
      const fields = { ...headers, 'idempotency-replayed': 'true' };
      return context.body(Uint8Array.from(await unpackBody(body)), status as ContentfulStatusCode, fields);
    }
    const { claim } = begun;
    // A failed renewal is ignored, because the next one comes within the same lease.
    const stopRenewals = every(
      clock,
      leaseMs / renewalsPerLease,
      () => claim.renew(),
      () => undefined,
    );
    try {
      const response = await handle(context);
      const body = await packBody(response, maxAnswerBytes);
      void stopRenewals();
      // The request was carried out, so that its answer is given whatever becomes of the kept one.
      if (body === undefined) await released(claim, 'too-large');
      else {
        const { status } = response;
        const kept = { status, headers: keptHeaders(response), body, requestDigest: digested.digest() };
        await claim.finish(kept).catch(() => released(claim, 'failed'));
      }
      return response;
    } catch (thrown) {
      void stopRenewals();
      await released(claim, 'failed');
      throw thrown;
    }
  };
}

/** Releases the key. When the store cannot be reached, the lease expires. */
async function released(claim: Claim, why: Parameters<Claim['abandon']>[0]): Promise<void> {
  await claim.abandon(why).catch(() => undefined);
}

function keptHeaders({ headers }: Response): Readonly<Record<string, string>> {
  return Object.fromEntries(
    keptFields.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
  );
}

/** A fingerprint of the request without its body, because the lines of a job may arrive for hours. */
function fingerprintOf({ req }: HttpContext): string {
  const { pathname, search } = new URL(req.url);
  return deriveId(req.method, pathname, search, req.header('content-type') ?? '', req.header('content-length') ?? '');
}

async function digestWhenRead(
  { body, digest }: Digested,
  { clock, turns, pace }: BodyReadOptions,
): Promise<string | null> {
  let received = 0;
  const timed = new Pace(clock, pace);
  for await (const piece of body.pieces(timed)) {
    // The digest is computed while the piece is read; this call only yields to the event loop.
    received = await turns.run(received, () => received + piece.length);
    timed.progressed();
  }
  return digest();
}

async function orUnavailable<T>(reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (cause) {
    throw unavailable(cause);
  }
}

function unusable(): ProblemError {
  return new ProblemError({
    code: 'invalid-idempotency-key',
    detail: 'The Idempotency-Key is not 1 to 255 visible ASCII characters.',
    remedy: 'Use a UUID.',
  });
}

function busy(): ProblemError {
  return new ProblemError({
    code: 'idempotency-conflict',
    detail: 'A request with this Idempotency-Key is in flight.',
    remedy: 'Repeat the request after the time in Retry-After to get its answer.',
  });
}

function reused(): ProblemError {
  return new ProblemError({
    code: 'idempotency-key-reused',
    detail: 'The Idempotency-Key belongs to a request with another path, query, Content-Type, Content-Length or body.',
    remedy: 'Use a new key for a new request.',
  });
}

function full(): ProblemError {
  return new ProblemError({
    code: 'idempotency-unavailable',
    detail: 'Requests in flight with an Idempotency-Key fill the memory that is reserved for them.',
    remedy: 'Try again after the time in Retry-After, or leave the key out.',
  });
}

function unavailable(cause?: unknown): ProblemError {
  return new ProblemError(
    {
      code: 'idempotency-unavailable',
      detail: 'The gateway cannot check at the moment whether a request with this Idempotency-Key was carried out.',
      remedy: 'Try again after the time in Retry-After, or leave the key out.',
    },
    { cause },
  );
}
