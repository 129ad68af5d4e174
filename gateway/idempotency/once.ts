import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Clock } from '../../primitives/clock.js';
import { deriveId } from '../../schemas/ids.js';
import type { GatewayContext } from '../context.js';
import { ProblemError } from '../problems/problem.js';
import { Pace } from '../bodies/pace.js';
import type { Route } from '../route.js';
import type { Reading } from '../bodies/whole-body.js';
import { digestBody, type Digested } from './digest-body.js';
import type { KeptAnswers } from './kept-answers.js';

export interface OnceOptions {
  /** Undefined: keys can not be honoured. */
  readonly answers: KeptAnswers | undefined;
  readonly clock: Clock;
  /** How a body is read that repeats another. */
  readonly reading: Reading;
}

export const idempotencyHeader = 'idempotency-key';
const dayMs = 86_400_000;
/** A gateway that goes away leaves its keys taken for that long. */
const leaseMs = 30_000;
const renewEveryMs = 10_000;
/** Header fields that are part of the answer rather than of the exchange. */
const keptFields = ['content-type', 'location', 'server-timing', 'preference-applied', 'inference-header-content-length'];

/**
 * Makes a route honour `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): of requests of one client with the same
 * key one is carried out, and those that repeat it within a day get its answer. Only answers that are good are kept: a
 * request that failed may be made again.
 */
export function once(handle: Route['handle'], { answers, clock, reading }: OnceOptions): Route['handle'] {
  return async function handleOnce(context) {
    const given = context.req.header(idempotencyHeader);
    if (given === undefined) return handle(context);
    if (!/^[\x21-\x7e]{1,255}$/.test(given)) throw unusable();
    if (answers === undefined) throw unavailable();
    const key = deriveId(context.get('caller').client ?? '', given);
    const fingerprint = fingerprintOf(context);
    const begun = await orUnavailable(answers.begin(key, fingerprint, leaseMs));
    if (begun.kind === 'busy') throw busy();
    if (begun.kind === 'other') throw reused();
    const digested = digestBody(context.get('body'));
    context.set('body', digested.body);
    if (begun.kind === 'done') {
      const { status, headers, body, requestDigest } = begun.answer;
      if (requestDigest !== null && (await digestWhenRead(digested, reading)) !== requestDigest) throw reused();
      return context.body(Buffer.from(body, 'base64'), status as ContentfulStatusCode, { ...headers, 'idempotency-replayed': 'true' });
    }
    const lease = keepLease(() => answers.renew(key, leaseMs), clock);
    try {
      const response = await handle(context);
      const body = Buffer.from(await response.clone().arrayBuffer()).toString('base64');
      const headers = Object.fromEntries(keptFields.flatMap((name) => [[name, response.headers.get(name)] as const]).filter((field): field is [string, string] => field[1] !== null));
      lease.stop();
      // Carried out it is; should this not be kept, a repetition is carried out too.
      await answers.finish(key, fingerprint, { status: response.status, headers, body, requestDigest: digested.digest() }, dayMs).catch(() => undefined);
      return response;
    } catch (thrown) {
      lease.stop();
      await answers.abandon(key).catch(() => undefined); // the lease ends by itself
      throw thrown;
    }
  };
}

/** What is known before the body was read: the lines of a job have no end that could be waited for. */
function fingerprintOf({ req }: GatewayContext): string {
  const { pathname, search } = new URL(req.url);
  return deriveId(req.method, pathname, search, req.header('content-type') ?? '', req.header('content-length') ?? '');
}

async function digestWhenRead({ body, digest }: Digested, { clock, turns, pace }: Reading): Promise<string | null> {
  let received = 0;
  for await (const piece of body.pieces(new Pace(clock, pace))) {
    await turns.take(received);
    received += piece.length;
  }
  return digest();
}

function keepLease(renew: () => Promise<void>, clock: Clock): { stop(): void } {
  let stopped = false;
  let cancel: () => void = () => undefined;
  const later = () => {
    if (stopped) return;
    cancel = clock.schedule(renewEveryMs, () => void renew().then(later, later));
  };
  later();
  return {
    stop() {
      stopped = true;
      cancel();
    },
  };
}

async function orUnavailable<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (cause) {
    throw unavailable(cause);
  }
}

function unusable(): ProblemError {
  return new ProblemError({ code: 'invalid-idempotency-key', detail: 'The Idempotency-Key is not 1 to 255 visible ASCII characters.', remedy: 'Use a UUID.' });
}

function busy(): ProblemError {
  return new ProblemError({ code: 'idempotency-conflict', detail: 'A request with this Idempotency-Key is being carried out.', remedy: 'Repeat the request after the time in Retry-After to get its answer.' });
}

function reused(): ProblemError {
  return new ProblemError({
    code: 'idempotency-key-reused',
    detail: 'The Idempotency-Key belongs to a request with another path, query, Content-Type, Content-Length or body.',
    remedy: 'Use a new key for a new request.',
  });
}

function unavailable(cause?: unknown): ProblemError {
  return new ProblemError(
    { code: 'idempotency-unavailable', detail: 'It can not be told at the moment whether a request with this Idempotency-Key was carried out.', remedy: 'Try again after the time in Retry-After, or leave the key out.' },
    { cause },
  );
}
