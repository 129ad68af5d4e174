import type { ProblemCode } from '../problems/problem.js';
import type { Route } from '../route.js';
import type { Parameter } from './open-api.js';

/** A set of routes that one OpenAPI document describes. */
export interface Api {
  readonly title: string;
  /** One paragraph about the whole interface. */
  readonly description: string;
  readonly routes: readonly Route[];
  /** Parameters and problems of every POST, besides those that its route declares. */
  readonly posts: { readonly parameters: readonly Parameter[]; readonly problems: readonly ProblemCode[] };
}
