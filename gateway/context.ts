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

export interface GatewayEnv {
  /** Given by the server; undefined when the app is called without one. */
  Bindings: { readonly draining: () => boolean } | undefined;
  Variables: {
    readonly facts: RequestFacts;
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
