import { z } from 'zod';
import { sleep, type Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';

export interface GatewayClientOptions {
  /** Base URL of the gateway; it ends with a slash. */
  readonly gateway: URL;
  readonly key?: string | undefined;
  readonly clock: Clock;
  /** Aborts requests and waits. */
  readonly signal: AbortSignal;
  readonly fetch?: typeof fetch;
}

export interface GatewayRequest {
  /** Relative to the gateway's base URL. */
  readonly path: string;
  readonly type: string;
  readonly body: string | Uint8Array;
}

const problemSchema = z.object({ code: z.string(), detail: z.string(), remedy: z.string() });

export type GatewayAnswer = { readonly document: unknown } | { readonly problem: z.infer<typeof problemSchema> };

const attempts = 5;
/** Statuses of a gateway that is busy, starting or away for a moment. */
const transient = [429, 503];
/** Problem codes that every photo of the run would get. */
const permanent = ['unknown-pipeline', 'no-such-route', 'method-not-allowed'];

/**
 * Sends one request, and retries it while the gateway is away or busy. Returns a problem of this photo as an answer.
 * Throws a problem that every request would get, `host-unreachable`, and `host-error` if the host is not a gateway.
 */
export async function askGateway(request: GatewayRequest, options: GatewayClientOptions): Promise<GatewayAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await post(request, options).catch((cause: unknown) => unreachable(options.gateway, cause));
    const isLast = attempt === attempts || options.signal.aborted;
    if (response instanceof FanlightError) {
      if (isLast) throw response;
      await sleep(options.clock, 1_000 * attempt, options.signal);
    } else {
      if (!transient.includes(response.status) || isLast) return readAnswer(response, options.gateway);
      await response.body?.cancel();
      await sleep(options.clock, 1_000 * (Number(response.headers.get('retry-after')) || attempt), options.signal);
    }
  }
}

function post(
  { path, type, body }: GatewayRequest,
  { gateway, key, signal, fetch: send = fetch }: GatewayClientOptions,
): Promise<Response> {
  const headers = {
    'content-type': type,
    accept: 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  return send(new URL(path, gateway), { method: 'POST', headers, body, signal });
}

async function readAnswer(response: Response, gateway: URL): Promise<GatewayAnswer> {
  const document = await documentOf(response);
  if (response.ok && document !== undefined) return { document };
  const { data: problem } = problemSchema.safeParse(document);
  if (problem === undefined) throw noGateway(gateway, response.status);
  const refused = response.status === 401 || (response.status === 403 && problem.code !== 'forbidden-address');
  if (refused || permanent.includes(problem.code)) {
    throw new FanlightError({
      code: 'invalid-configuration',
      message: `The gateway says ${problem.code}: ${problem.detail}`,
      remedy: problem.remedy,
    });
  }
  return { problem };
}

/** Returns undefined if the body is not JSON. */
async function documentOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function unreachable(gateway: URL, thrown: unknown): FanlightError {
  // The message of fetch is only "fetch failed"; the reason is its cause.
  const reason = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return new FanlightError({
    code: 'host-unreachable',
    message: `No gateway answers at ${gateway.href}: ${reason instanceof Error ? reason.message || reason.name : String(reason)}.`,
    remedy: 'Correct --gateway, or start one with `npm start` or `fanlight up --detach`.',
    cause: thrown,
  });
}

function noGateway(gateway: URL, status: number): FanlightError {
  return new FanlightError({
    code: 'host-error',
    message: `The host at ${gateway.href} is not a Fanlight gateway, or a proxy answered in its place: status ${status} without a body of the gateway.`,
    remedy: 'Correct --gateway: the address up to, and without, /v1/tags.',
  });
}
