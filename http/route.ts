import type { z } from 'zod';
import type { Scope } from './clients/client.js';
import type { HttpContext } from './context.js';
import type { ErrorForm } from './problems/error-form.js';
import type { ProblemCode } from './problems/problem.js';
import type { RequestForm } from './requests/forms.js';

/** What a JSON document looks like. */
export interface Shape {
  /** Among the components of the OpenAPI document. */
  readonly name: string;
  readonly schema: z.ZodType;
  readonly example: unknown;
}

/** What a route says when all is well. */
export interface Answer {
  readonly about: string;
  readonly mediaType: string;
  /** Of JSON: one of these. */
  readonly shapes?: readonly Shape[];
  /** Another form of it, for whoever asks for it. */
  readonly bytes?: { readonly mediaType: string; readonly about: string };
  /** Header field → what it says; those that every answer has are not repeated. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One thing that the gateway answers. What it declares is both what is checked and what `/openapi.json` says. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Hono pattern. */
  readonly path: string;
  /** Unique; what generated clients call it. */
  readonly id: string;
  /** One sentence for the index. */
  readonly about: string;
  /** What more there is to know, in Markdown. */
  readonly details?: string;
  /** Null: anyone may ask. */
  readonly scope: Scope | null;
  /** Whether larger answers are compressed for who accepts that. */
  readonly compress?: boolean;
  /** Whether the body of its answer is a stream that goes on after `handle` has returned. */
  readonly streams?: boolean;
  /** Of the variables in `path`. */
  readonly parameters?: z.ZodObject;
  /** What the query may say, of a route without forms. */
  readonly query?: z.ZodObject;
  /** The forms that a body may have; a route without any reads none. */
  readonly forms?: readonly RequestForm[];
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Besides those that every route may answer with. */
  readonly problems: readonly ProblemCode[];
  /** How it tells them; default: problem details. */
  readonly errors?: ErrorForm;
  handle(context: HttpContext): Promise<Response> | Response;
}
