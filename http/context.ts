import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { RequestBody } from './bodies/request-body.js';
import type { ProblemCode } from './problems/problem.js';
import type { TraceContext } from '../primitives/trace-context.js';

/** What the middleware knows of one request. */
export interface RequestFacts {
  readonly requestId: string;
  readonly trace: TraceContext;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** Who asks. */
export interface Caller {
  /** Name of the client; undefined where no key was asked for. */
  readonly client: string | undefined;
  /** Whether it may look after what other clients asked for. */
  readonly isAdmin: boolean;
  /**
   * Counts images that the request asks for. Throws a `ProblemError` when they are more than the client has left today.
   */
  chargeImages(count: number): Promise<void>;
  /**
   * Takes one of the places that the client has for event streams. Throws a `ProblemError` when all are taken. The
   * returned function gives the place back.
   *
   * @param most places of the client over all gateways
   */
  enterStream(most: number): Promise<() => void>;
}

/** Whoever asks where no key is asked for. */
export const anyone: Caller = {
  client: undefined,
  isAdmin: false,
  chargeImages: () => Promise.resolve(),
  enterStream: () => Promise.resolve(() => undefined),
};

export interface Failure {
  readonly code: ProblemCode;
  readonly thrown: unknown;
}

/** What the server knows of a request. */
export interface ServerBindings {
  readonly draining: () => boolean;
  readonly incoming: IncomingMessage;
}

export interface HttpEnv {
  /** Given by the server; undefined when the app is called without one. */
  Bindings: ServerBindings | undefined;
  Variables: {
    readonly facts: RequestFacts;
    body: RequestBody;
    caller: Caller;
    /** Path pattern of the route that answers; unset when none does. */
    route?: string;
    /** Why there was no good answer; the log tells more than the client was told. */
    failure?: Failure;
    /** Why images of a request are missing in an answer that is good otherwise. */
    imageFailures?: readonly Failure[];
  };
}

export type HttpContext = Context<HttpEnv>;

/** Whether the server has begun to shut down. */
export function isDraining({ env }: HttpContext): boolean {
  return env?.draining() === true;
}
