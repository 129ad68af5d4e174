import { z } from 'zod';
import { sleep, type Clock } from '../../primitives/clock.js';
import { FanlightError } from '../../schemas/failure.js';

export interface GatewayClientOptions {
  /** Where the gateway is; it ends with a slash. */
  readonly gateway: URL;
  readonly key?: string | undefined;
  readonly clock: Clock;
  /** Stops waiting. */
  readonly signal: AbortSignal;
  readonly fetch?: typeof fetch;
}

export interface GatewayRequest {
  /** From the gateway's address on. */
  readonly path: string;
  readonly type: string;
  readonly body: string | Uint8Array;
}

const problemSchema = z.object({ code: z.string(), detail: z.string(), remedy: z.string() });

export type GatewayAnswer = { readonly document: unknown } | { readonly problem: z.infer<typeof problemSchema> };

const attempts = 5;
/** A gateway that is busy, starting, or gone for a moment. */
const passing = [429, 503];
/** No other photo would fare better. */
const hopeless = ['unknown-pipeline', 'no-such-route', 'method-not-allowed'];

/**
 * One request, repeated while the gateway is away or busy. A problem is an answer, unless no other request could fare
 * better: then it
 * is thrown, and so is a gateway that cannot be reached (`host-unreachable`) or that is none (`host-error`).
 */
export async function askGateway(request: GatewayRequest, options: GatewayClientOptions): Promise<GatewayAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await post(request, options).catch((cause: unknown) => unreachable(options.gateway, cause));
    const isLast = attempt === attempts || options.signal.aborted;
    if (response instanceof FanlightError) {
      if (isLast) throw response;
      await sleep(options.clock, 1_000 * attempt, options.signal);
    } else {
      if (!passing.includes(response.status) || isLast) return readAnswer(response, options.gateway);
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
  if (refused || hopeless.includes(problem.code)) {
    throw new FanlightError({
      code: 'invalid-configuration',
      message: `The gateway says ${problem.code}: ${problem.detail}`,
      remedy: problem.remedy,
    });
  }
  return { problem };
}

/** Undefined when the body is no JSON. */
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
  // fetch says "fetch failed" and has the reason as the cause.
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
    message: `What answers at ${gateway.href} is no gateway of Fanlight, or something between: status ${status} without a body that it would send.`,
    remedy: 'Correct --gateway: the address up to, and without, /v1/tags.',
  });
}
