import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { RequestBody } from './bodies/request-body.js';
import type { ProblemCode } from './problems/problem.js';
import type { TraceContext } from '../primitives/trace-context.js';

/** Facts that the middleware records about one request. */
export interface RequestFacts {
  readonly requestId: string;
  readonly trace: TraceContext;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** The client that sent the request, and its limits. */
export interface Caller {
  /** Name of the client; undefined for a route or a gateway that needs no key. */
  readonly client: string | undefined;
  /** Whether the client may read and cancel jobs of other clients. */
  readonly isAdmin: boolean;
  /**
   * Charges the images of the request to the client's daily quota. Throws a `ProblemError` when they exceed it.
   */
  chargeImages(count: number): Promise<void>;
  /**
   * Takes one of the client's places for event streams. Throws a `ProblemError` when all are taken. The returned
   * function releases the place.
   *
   * @param most places of the client over all gateways
   */
  enterStream(most: number): Promise<() => void>;
}

/** The caller of a route or a gateway that needs no key. */
export const anonymousCaller: Caller = {
  client: undefined,
  isAdmin: false,
  chargeImages: () => Promise.resolve(),
  enterStream: () => Promise.resolve(() => undefined),
};

export interface RequestFailure {
  readonly code: ProblemCode;
  readonly thrown: unknown;
}

/** Values that the HTTP server passes to the app with a request. */
export interface ServerBindings {
  readonly draining: () => boolean;
  readonly incoming: IncomingMessage;
}

export interface HttpEnv {
  /** Set by the server; undefined when the app is called without one. */
  Bindings: ServerBindings | undefined;
  Variables: {
    readonly facts: RequestFacts;
    body: RequestBody;
    caller: Caller;
    /** Path pattern of the matching route; unset when no route matches. */
    route?: string;
    /** Why the request failed. The log has more detail than the answer. */
    failure?: RequestFailure;
    /** Failures of single images in an answer that is successful otherwise. */
    imageFailures?: readonly RequestFailure[];
  };
}

export type HttpContext = Context<HttpEnv>;

/** Whether the server has begun to shut down. */
export function isDraining({ env }: HttpContext): boolean {
  return env?.draining() === true;
}
