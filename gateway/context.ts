import type { Context } from 'hono';
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
  /** Counts images that the request asks for. Throws a `ProblemError` when they are more than the client has left today. */
  chargeImages(count: number): Promise<void>;
}

/** Whoever asks where no key is asked for. */
export const anyone: Caller = { client: undefined, chargeImages: () => Promise.resolve() };

export interface GatewayEnv {
  /** Given by the server; undefined when the app is called without one. */
  Bindings: { readonly draining: () => boolean } | undefined;
  Variables: {
    readonly facts: RequestFacts;
    caller: Caller;
    /** Path pattern of the route that answers; unset when none does. */
    route?: string;
    /** Why there was no good answer; the log tells more than the client was told. */
    failure?: { readonly code: ProblemCode; readonly thrown: unknown };
  };
}

export type GatewayContext = Context<GatewayEnv>;

/** Whether the server has begun to shut down. */
export function isDraining({ env }: GatewayContext): boolean {
  return env?.draining() === true;
}

/** One thing that the gateway answers. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Hono pattern. */
  readonly path: string;
  /** One sentence for the index. */
  readonly about: string;
  handle(context: GatewayContext): Promise<Response> | Response;
}
