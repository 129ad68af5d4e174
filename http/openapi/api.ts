import type { ProblemCode } from '../problems/problem.js';
import type { Route } from '../route.js';
import type { Parameter } from './open-api.js';

/** A set of routes as one interface, with what its document says besides them. */
export interface Api {
  readonly title: string;
  /** One paragraph about the whole interface. */
  readonly description: string;
  readonly routes: readonly Route[];
  /** What every POST takes and may answer with, besides what its route declares. */
  readonly posts: { readonly parameters: readonly Parameter[]; readonly problems: readonly ProblemCode[] };
}
