import type { z } from 'zod';
import type { Scope } from './clients/client.js';
import type { HttpContext } from './context.js';
import type { ErrorForm } from './problems/error-form.js';
import type { ProblemCode } from './problems/problem.js';
import type { RequestForm } from './requests/forms.js';

/** The shape of a JSON document. */
export interface Shape {
  /** Name among the components of the OpenAPI document. */
  readonly name: string;
  readonly schema: z.ZodType;
  readonly example: unknown;
}

/** A successful answer of a route. */
export interface Answer {
  readonly about: string;
  readonly mediaType: string;
  /** The shapes that a JSON answer may have. */
  readonly shapes?: readonly Shape[];
  /** An alternative media type, for clients that ask for it. */
  readonly bytes?: { readonly mediaType: string; readonly about: string };
  /** Header field → its meaning. The fields that every answer has are left out. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One operation of the gateway. The gateway checks requests by its declarations, and `/openapi.json` publishes them.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Hono pattern. */
  readonly path: string;
  /** Unique; generated clients name the operation by it. */
  readonly id: string;
  /** One sentence for the index. */
  readonly about: string;
  /** Further description in Markdown. */
  readonly details?: string;
  /** The scope that a key needs; null: the route needs no key. */
  readonly scope: Scope | null;
  /** Whether larger answers are compressed for clients that accept an encoding. */
  readonly compress?: boolean;
  /** Whether the body of the answer is a stream that continues after `handle` has returned. */
  readonly streams?: boolean;
  /** Schema of the variables in `path`. */
  readonly parameters?: z.ZodObject;
  /** Schema of the query, for a route without forms. */
  readonly query?: z.ZodObject;
  /** The forms that a body may have. A route without forms ignores the body. */
  readonly forms?: readonly RequestForm[];
  /** Status → answer. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Problems of this route, besides those of every route. */
  readonly problems: readonly ProblemCode[];
  /** Format of its problems. Default: problem details. */
  readonly errors?: ErrorForm;
  handle(context: HttpContext): Promise<Response> | Response;
}
